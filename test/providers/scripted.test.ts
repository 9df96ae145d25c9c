import { describe, expect, it } from 'vitest';
import { createScriptedProvider } from '../../src/providers/scripted.js';
import { collect, requestOf } from './small-engine.js';

const never = new AbortController().signal;

describe('A scripted provider', () => {
  it('says its replies in order, records the requests and refuses when it has run out', async () => {
    const provider = createScriptedProvider('test', ['One', { calls: [{ name: 'f', arguments: { x: 1 } }] }]);
    const request = requestOf();
    expect((await collect(provider.stream(request, never))).text).toBe('One');
    const second = await collect(provider.stream(request, never));
    expect(second.calls).toEqual([{ id: 'call_1', name: 'f', arguments: '{"x":1}' }]);
    expect(second.finish?.reason).toBe('calls');
    await expect(collect(provider.stream(request, never))).rejects.toMatchObject({ code: 'model_refused' });
    expect(provider.requests).toHaveLength(3);
    provider.push('Four');
    expect((await collect(provider.stream(request, never))).text).toBe('Four');
  });

  it('keeps requests as they were when they came', async () => {
    const provider = createScriptedProvider('test', ['One']);
    const request = requestOf();
    await collect(provider.stream(request, never));
    request.messages.length = 0;
    expect(provider.requests[0]?.messages).toHaveLength(1);
  });

  it('follows a function of the request', async () => {
    const provider = createScriptedProvider('test', (request, index) => `${request.model} ${index}`);
    await collect(provider.stream(requestOf(), never));
    expect((await collect(provider.stream(requestOf({ model: 'm' }), never))).text).toBe('m 1');
  });

  it('cuts, falls silent or fails where it is told to', async () => {
    const provider = createScriptedProvider('test', [
      { text: 'abcdef', deltaChars: 2, cutAfter: 2 },
      { text: 'abcdef', deltaChars: 2, cutAfter: 1, ending: 'silence' },
      { error: new Error('boom') },
    ]);
    const heard: string[] = [];
    const cut = async () => {
      for await (const event of provider.stream(requestOf(), never)) if (event.type === 'text') heard.push(event.text);
    };
    await expect(cut()).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(heard).toEqual(['ab', 'cd']);
    const controller = new AbortController();
    const silent = collect(provider.stream(requestOf(), controller.signal));
    controller.abort(new Error('enough'));
    await expect(silent).rejects.toThrow('enough');
    await expect(collect(provider.stream(requestOf(), never))).rejects.toThrow('boom');
  });
});
