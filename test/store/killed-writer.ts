import { openStore } from '../../src/store/open.js';
import { makeMessage, makeScene } from './rows.js';

/*
 * A process that appends messages until it is killed. It prints the conversation first, then the number of each message
 * the moment the store has answered for it.
 */

const store = await openStore(process.argv[2] ?? '');
const { conversation } = await makeScene(store);
process.stdout.write(`${conversation.id}\n`);
for (;;) {
  const [message] = await store.messages.append(conversation.id, [makeMessage(conversation.id, 'said before the end')]);
  process.stdout.write(`${message?.seq}\n`);
}
