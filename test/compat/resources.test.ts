import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword } from '../http/running-app.js';
import { contractIsHere, watchContract } from '../support/contract.js';
import { startFace } from '../support/openai-face.js';
import { createMachine, serverPassword, startServer } from '../support/server-process.js';
import { driveFourth, driveSixth, type Driver, type Target, type Thing } from './clients.js';

/** Where the clients find a server, and how it is put away. */
interface Place extends Target {
  close(): Promise<void>;
}

async function openHere(): Promise<Place> {
  const face = await startFace();
  return { ...face, apiKey: adminPassword };
}

/** The built program, started by its command on an empty machine. */
async function openInstalled(): Promise<Place> {
  const machine = createMachine();
  const server = await startServer(machine);
  const watch = watchContract();
  return {
    baseUrl: `${server.url}/openai/v1`,
    apiKey: serverPassword,
    watch,
    close: async () => {
      await machine.finish();
      await watch.settle();
    },
  };
}

const ids = (things: Thing[]): string[] => things.map((thing) => thing.id);

async function walk(list: AsyncIterable<Thing>): Promise<string[]> {
  const found: string[] = [];
  for await (const thing of list) found.push(thing.id);
  return found;
}

describe.each([
  ['openai 6', 'a server of this process', driveSixth, openHere],
  ['openai 6', 'the installed program', driveSixth, openInstalled],
  ['openai 4', 'a server of this process', driveFourth, openHere],
  ['openai 4', 'the installed program', driveFourth, openInstalled],
])('the official client %s, at %s,', (release, _place, drive, open) => {
  let driver: Driver;
  let place: Place;
  beforeAll(async () => {
    place = await open();
    driver = drive(place);
    expect(driver.release).toBe(release);
  });
  afterAll(() => place.close());

  it('makes, reads, changes, lists and deletes assistants', async () => {
    const made = await driver.createAssistant({
      model: 'gpt-4o',
      name: 'Math Tutor',
      instructions: 'You are a personal math tutor.',
      tools: [{ type: 'code_interpreter' }, { type: 'function', function: { name: 'lookup', parameters: {} } }],
      response_format: { type: 'json_object' },
      metadata: { team: 'a' },
    });
    expect(await driver.retrieveAssistant(made.id)).toEqual(made);
    const changed = await driver.updateAssistant(made.id, { name: 'Tutor' });
    expect(changed).toEqual({ ...made, name: 'Tutor' });
    expect(ids((await driver.listAssistants({ limit: 1 })).data)).toEqual([made.id]);
    expect(await driver.deleteAssistant(made.id)).toEqual({
      id: made.id,
      object: 'assistant.deleted',
      deleted: true,
    });
    await expect(driver.retrieveAssistant(made.id)).rejects.toMatchObject({
      status: 404,
      message: `404 No assistant found with id '${made.id}'.`,
      type: 'invalid_request_error',
    });
  });

  it('makes, reads, changes and deletes threads', async () => {
    const empty = await driver.createThread();
    expect(await driver.retrieveThread(empty.id)).toEqual(empty);
    const made = await driver.createThread({
      messages: [{ role: 'user', content: 'Hi' }],
      metadata: { user_id: 'u1' },
    });
    expect((await driver.updateThread(made.id, { metadata: { topic: 'tea' } })).metadata).toEqual({ topic: 'tea' });
    expect((await driver.deleteThread(made.id)).deleted).toBe(true);
    await expect(driver.retrieveThread(made.id)).rejects.toMatchObject({
      status: 404,
      message: `404 No thread found with id '${made.id}'.`,
    });
  });

  it('makes, reads, changes and deletes messages', async () => {
    const thread = await driver.createThread();
    const made = await driver.createMessage(thread.id, 'What is 3x + 11 = 14?');
    expect(await driver.retrieveMessage(thread.id, made.id)).toEqual(made);
    expect((await driver.updateMessage(thread.id, made.id, { seen: 'yes' })).metadata).toEqual({ seen: 'yes' });
    expect((await driver.deleteMessage(thread.id, made.id)).deleted).toBe(true);
    expect((await driver.listMessages(thread.id, {})).data).toEqual([]);
  });

  it('walks through lists page by page, in both orders and from cursors on either side', async () => {
    const thread = await driver.createThread();
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.push((await driver.createMessage(thread.id, `${index}`)).id);
    expect(await walk(driver.listMessages(thread.id, { limit: 3 }))).toEqual([...made].reverse());
    expect(await walk(driver.listMessages(thread.id, { limit: 3, order: 'asc' }))).toEqual(made);
    expect(await walk(driver.listMessages(thread.id, { limit: 2, order: 'asc', after: made[3] }))).toEqual(
      made.slice(4),
    );
    expect(ids((await driver.listMessages(thread.id, { limit: 2, before: made[3] })).data)).toEqual([made[5], made[4]]);
    const own: string[] = [];
    for (let index = 0; index < 3; index += 1) own.unshift((await driver.createAssistant({ model: 'm' })).id);
    expect((await walk(driver.listAssistants({ limit: 2 }))).slice(0, 3)).toEqual(own);
  });

  it('is given errors that it knows by their class', async () => {
    const refused = driver.createAssistant({ model: 'm', metadata: { k: 'v'.repeat(513) } });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'string_above_max_length', param: 'metadata.k' });
    await expect(refused).rejects.toSatisfy((error: Error) => error.constructor.name === 'BadRequestError');
  });

  it.skipIf(!contractIsHere)('was answered by the contract of the original all along', () => {
    expect(place.watch.checked()).toBeGreaterThan(60);
  });
});
