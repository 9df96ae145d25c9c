import { afterEach, expect, it } from 'vitest';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, lookup, newStory, untilStatus } from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

/** A run of three turns: a function of the client beside one of the agent's own, one of its own alone, and a reply. */
async function threeTurns(): Promise<{ path: string; run: Body }> {
  face = await startFace({
    script: [
      {
        calls: [
          { id: 'call_m', name: 'memory_append', arguments: { label: 'human', content: 'a' } },
          { id: 'call_a', name: 'lookup', arguments: '{"q":"x"}' },
        ],
        promptTokens: 10,
        completionTokens: 1,
      },
      {
        calls: [{ id: 'call_n', name: 'memory_append', arguments: { label: 'human', content: 'b' } }],
        promptTokens: 20,
        completionTokens: 2,
      },
      { text: 'Done.', promptTokens: 30, completionTokens: 3 },
    ],
  });
  const story = await newStory(face, { assistant: { tools: [lookup] } });
  const created = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
  const path = `/threads/${story.threadId}/runs/${created.body.id}`;
  await untilStatus(face, path, ['requires_action']);
  const waiting = await face.send('GET', `${path}/steps`);
  expect(waiting.body.data.map((step) => [step.status, step.usage])).toEqual([['in_progress', null]]);
  await face.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: 'call_a', output: 'X' }] });
  return { path, run: await untilStatus(face, path, finalStatuses) };
}

const callsOf = (step: Body): string[] => {
  const details = step.step_details as unknown as { tool_calls?: { id: string }[] };
  return (details.tool_calls ?? []).map(({ id }) => id);
};

it('a step of functions is completed as soon as their outputs are in, before the run goes on', async () => {
  face = await startFace({ script: [{ calls: [{ id: 'call_a', name: 'lookup', arguments: {} }] }] });
  const story = await newStory(face, { assistant: { tools: [lookup] } });
  const created = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
  const path = `/threads/${story.threadId}/runs/${created.body.id}`;
  await untilStatus(face, path, ['requires_action']);
  await face.app.room.worker.stop(0);
  await face.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: 'call_a', output: 'X' }] });
  const [step] = (await face.send('GET', `${path}/steps`)).body.data;
  expect(step).toMatchObject({ status: 'completed', step_details: { tool_calls: [{ function: { output: 'X' } }] } });
});

it('steps show the client’s functions and the messages, and nothing of the agent’s own tools', async () => {
  const { path } = await threeTurns();
  const { body } = await face.send('GET', `${path}/steps`);
  expect(body.data.map((step) => [step.type, callsOf(step)])).toEqual([
    ['message_creation', []],
    ['tool_calls', ['call_a']],
  ]);
  expect(JSON.stringify(body)).not.toContain('memory_append');
});

it('steps show the agent’s own tools with their outputs to who asks for them', async () => {
  const { path } = await threeTurns();
  for (const query of ['include[]=memory', 'include=memory', 'include[0]=memory']) {
    const { body } = await face.send('GET', `${path}/steps?order=asc&${query}`);
    expect(body.data.map(callsOf)).toEqual([['call_m', 'call_a'], ['call_n'], []]);
    expect(JSON.stringify(body.data[1])).toContain('"output":"ok');
  }
});

it('the tokens of all steps together are those of the run', async () => {
  const { path, run } = await threeTurns();
  const { body } = await face.send('GET', `${path}/steps?include[]=memory`);
  const sum = body.data.reduce(
    (total, step) => total + (step.usage as unknown as { total_tokens: number }).total_tokens,
    0,
  );
  expect(sum).toBe(66);
  expect(run.usage).toEqual({ prompt_tokens: 60, completion_tokens: 6, total_tokens: 66 });
});

it('steps are paged in both directions as the filter leaves them', async () => {
  const { path } = await threeTurns();
  const all = (await face.send('GET', `${path}/steps?include[]=memory`)).body.data.map(({ id }) => String(id));
  const page = async (query: string): Promise<[string[], boolean]> => {
    const { body } = await face.send('GET', `${path}/steps?include[]=memory&${query}`);
    return [body.data.map(({ id }) => String(id)), body.has_more === true];
  };
  expect(await page('limit=2')).toEqual([all.slice(0, 2), true]);
  expect(await page(`limit=2&after=${all[1] ?? ''}`)).toEqual([all.slice(2), false]);
  expect(await page(`before=${all[2] ?? ''}&limit=1`)).toEqual([all.slice(1, 2), true]);
  expect(await page(`order=asc&after=${all[1] ?? ''}`)).toEqual([all.slice(0, 1), false]);
  const hidden = await face.send('GET', `${path}/steps?after=${all[1] ?? ''}`);
  expect([hidden.status, hidden.body.error?.['param']]).toEqual([400, 'after']);
});

it('one step is read by its id, and one that is not shown is not found', async () => {
  const { path } = await threeTurns();
  const all = (await face.send('GET', `${path}/steps?include[]=memory`)).body.data;
  const shown = await face.send('GET', `${path}/steps/${all[0]?.id ?? ''}`);
  expect(shown.body).toEqual(all[0]);
  const hidden = await face.send('GET', `${path}/steps/${all[1]?.id ?? ''}`);
  expect([hidden.status, hidden.body.error?.['message']]).toEqual([
    404,
    `No run step found with id '${all[1]?.id ?? ''}'.`,
  ]);
  const asked = await face.send('GET', `${path}/steps/${all[1]?.id ?? ''}?include[]=memory`);
  expect(asked.body).toEqual(all[1]);
});
