import { describe, expect, it } from 'vitest';
import { newId } from '../../src/domain/ids.js';
import { bootMessages } from '../../src/engine/boot.js';
import { unpack } from '../../src/engine/envelope.js';
import { normaliseHistory, toRequestMessages } from '../../src/engine/history.js';

const input = {
  agentId: 'agent',
  conversationId: 'conversation',
  systemText: 'Be Sam.',
  now: 1_700_000_000_000,
  newId,
};

describe('the opening of an agent in the heartbeat protocol', () => {
  const messages = bootMessages(input);

  it('is a record of the prompt, an example of speech, its result and a login', () => {
    expect(messages.map(({ role, kind }) => [role, kind])).toEqual([
      ['system', 'boot'],
      ['assistant', 'boot'],
      ['tool', 'boot'],
      ['user', 'login'],
    ]);
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'Be Sam.' }]);
    expect(messages[1]?.parts).toMatchObject([{ type: 'text' }, { type: 'tool-call', name: 'send_message' }]);
    expect(messages[2]?.parts).toMatchObject([{ type: 'tool-result', output: 'None', failed: false }]);
    const login = messages[3]?.parts[0];
    expect(login?.type === 'text' ? unpack(login.text)?.type : null).toBe('login');
  });

  it('shows nobody anything', () => {
    expect(messages.every((message) => !message.visible && message.status === 'completed')).toBe(true);
    expect(new Set(messages.map((message) => message.id)).size).toBe(4);
  });

  it('is a valid history from the first turn on', () => {
    const rows = messages.map((message, index) => ({ ...message, seq: index + 1 }));
    const history = toRequestMessages(rows, {
      agentId: 'agent',
      protocol: 'heartbeat',
      envelope: 'json',
      toolResultCharsMax: 1_000,
      messageTokensMax: 1_000,
    });
    expect(normaliseHistory(history)).toEqual(history);
    expect(history.map((message) => message.role)).toEqual(['assistant', 'tool', 'user']);
    expect(history[0]).toMatchObject({ text: null, calls: [{ name: 'send_message' }] });
    const call = history[0]?.role === 'assistant' ? history[0].calls[0] : undefined;
    expect(Object.keys(JSON.parse(call?.arguments ?? '{}') as object)).toEqual(['inner_thoughts', 'message']);
    expect(history[1]).toMatchObject({ callId: call?.id });
  });
});
