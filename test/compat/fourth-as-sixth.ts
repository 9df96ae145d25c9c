import type OpenAI from 'openai';
import type OpenAIv4 from 'openai-v4';

interface OfThread {
  thread_id: string;
  run_id?: string;
  [parameter: string]: unknown;
}

/**
 * The fourth release of the official client under the signatures of the sixth, so that both can tell the same story:
 * the older one takes ids of a path one after the other, the newer one takes all but the last among the parameters.
 */
export function fourthAsSixth(client: OpenAIv4): OpenAI {
  const { assistants, threads } = client.beta;
  const { runs, messages } = threads;
  const byRun =
    <Result>(method: (threadId: string, runId: string, body: never) => Result) =>
    (runId: string, { thread_id: threadId, ...body }: OfThread): Result =>
      method.call(runs, threadId, runId, body as never);
  const face = {
    beta: {
      assistants: { create: assistants.create.bind(assistants) },
      threads: {
        create: threads.create.bind(threads),
        createAndRunPoll: threads.createAndRunPoll.bind(threads),
        createAndRunStream: threads.createAndRunStream.bind(threads),
        messages: { list: messages.list.bind(messages) },
        runs: {
          create: runs.create.bind(runs),
          createAndPoll: runs.createAndPoll.bind(runs),
          stream: runs.stream.bind(runs),
          list: runs.list.bind(runs),
          retrieve: (runId: string, { thread_id: threadId }: OfThread) => runs.retrieve(threadId, runId),
          update: byRun(runs.update),
          submitToolOutputsAndPoll: byRun(runs.submitToolOutputsAndPoll),
          submitToolOutputsStream: byRun(runs.submitToolOutputsStream),
          steps: {
            list: (runId: string, { thread_id: threadId }: OfThread) => runs.steps.list(threadId, runId),
            retrieve: (stepId: string, { thread_id: threadId, run_id: runId }: OfThread) =>
              runs.steps.retrieve(threadId, runId ?? '', stepId),
          },
        },
      },
    },
  };
  return face as unknown as OpenAI;
}
