import { define, textParameter } from './make-tool.js';
import type { Tool } from './tool.js';

/**
 * The speaking tool of the heartbeat protocol. Its argument is what the agent says; the loop delivers it and never
 * runs the tool, so a run of it has said nothing and says so.
 */
export const sendMessage: Tool = {
  definition: define(
    'send_message',
    'Say something to the user. This is the only way to be heard: all other text stays private. ' +
      'Example: {"message": "Hello Ada, how was the exam?"}. It fails when the message is missing or empty.',
    { message: textParameter('What to say, in the words the user will read.') },
    ['message'],
  ),
  rests: true,
  effect: 'outside',
  repeatable: true,
  run: async () => ({
    output: 'The message was not delivered: send_message speaks only as part of a reply.',
    failed: true,
  }),
};
