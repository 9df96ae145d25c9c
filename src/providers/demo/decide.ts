import { newId, toOpenaiId } from '../../domain/ids.js';
import type { ToolDefinition } from '../../domain/tool.js';
import type { ModelRequest } from '../provider.js';
import { answerFromSearch, quotePassage, sayLine } from './answers.js';
import { findFacts, type Findings } from './facts.js';
import { askForMissing, forcedCall, functionCalls, reportResults } from './function-calls.js';
import { isOwnTool, memoryCalls, searchCalls, type WantedCall } from './memory-calls.js';
import { answerQuestions } from './questions.js';
import { instanceOf, propertiesOf } from './schema-values.js';
import { atALoss, introduction, notKnown, smallTalkReply } from './speech.js';
import { asksForSummary, summarise } from './summary.js';
import { readRequest, type DoneCall, type RequestView } from './view.js';
import { isQuestion, searchWords, sentencesOf } from './words.js';

/** What the stand-in does with one request: it speaks, or it calls. */
export interface Decision {
  text: string;
  calls: { id: string; name: string; arguments: Record<string, unknown> }[];
}

/** Decides what to do. The same request always gets the same words and the same calls; only the ids of calls differ. */
export function decide(request: ModelRequest): Decision {
  const view = readRequest(request);
  if (asksForSummary(view)) return { text: summarise(view), calls: [] };
  const findings = view.trigger === 'message' ? findFacts(view.said) : { facts: [], requests: [] };
  const calls = chooseCalls(view, findings);
  if (calls.length > 0) return { text: '', calls: calls.map((call) => toCall(view, call)) };
  return speak(view, compose(view, findings));
}

/** The calls still to be made in this turn; none once they have been tried. */
function chooseCalls(view: RequestView, findings: Findings): WantedCall[] {
  const { toolChoice, tools, parallelToolCalls } = view.request;
  if (toolChoice === 'none' || view.trigger === 'nothing') return [];
  if (typeof toolChoice === 'object') {
    const tool = tools.find((one) => one.name === toolChoice.name);
    const isSpeech = toolChoice.name === view.speech?.name;
    return tool === undefined || isSpeech || view.done.some((call) => call.name === tool.name)
      ? []
      : [forcedCall(view, tool)];
  }
  const wanted = wantedCalls(view, findings).filter((call) => !wasMade(view.done, call));
  const chosen = parallelToolCalls === false ? wanted.slice(0, 1) : wanted;
  if (chosen.length > 0 || toolChoice !== 'required' || view.speech !== null || view.done.length > 0) return chosen;
  const first = tools.find((tool) => !isOwnTool(tool.name)) ?? tools[0];
  return first === undefined ? [] : [forcedCall(view, first)];
}

function wantedCalls(view: RequestView, findings: Findings): WantedCall[] {
  if (view.trigger !== 'message') return [];
  const edits = memoryCalls(view, findings);
  const functions = functionCalls(view);
  const calls = [...edits, ...functions];
  // A call of this turn already changed what is in view, so what is left to do is decided by what was done.
  if (calls.length > 0 || view.done.some((call) => !isSearch(call.name))) return calls;
  return wantedSearches(view);
}

/** Files first, then memory, one place after the other until something is found. */
function wantedSearches(view: RequestView): WantedCall[] {
  const question = questionOf(view.said);
  if (question === null || view.done.some((call) => call.name === 'file_search')) return [];
  const files = view.request.tools.find((tool) => tool.name === 'file_search');
  if (files !== undefined && !isAboutPeople(question)) {
    const queryField = Object.keys(propertiesOf(files.parameters))[0] ?? 'query';
    const query = 'query' in propertiesOf(files.parameters) ? 'query' : queryField;
    return [{ name: files.name, arguments: { [query]: question }, thought: 'My files may say.' }];
  }
  if (!asksMemory(question) || smallTalkReply(view.said) !== null || answerQuestions(view, question) !== null)
    return [];
  if (searchAnswer(view, question) !== null) return [];
  const untried = searchCalls(view, searchWords(question)).filter((call) => !wasMade(view.done, call));
  return untried.slice(0, 1);
}

function compose(view: RequestView, findings: Findings): string {
  const answer = replyTo(view, findings);
  return view.firstAnswer && view.done.every((call) => call.name !== 'send_message')
    ? `${answer} ${introduction}`
    : answer;
}

function replyTo(view: RequestView, findings: Findings): string {
  if (view.trigger === 'login') return 'Hello! Good to see you.';
  if (view.trigger === 'alert') return 'Noted.';
  if (view.said === '') return 'I am here.';
  const reported = reportResults(view.done.filter((call) => !isOwnTool(call.name)));
  const functions = reported === '' ? (askForMissing(view) ?? '') : reported;
  const learnt = acknowledge(view, findings);
  const question = questionOf(view.said);
  const answer = functions !== '' || question === null ? functions : answerTo(view, question);
  if (learnt !== '' || answer !== '') return [learnt, answer].filter((part) => part !== '').join(' ');
  return smallTalkReply(view.said) ?? atALoss;
}

function answerTo(view: RequestView, question: string): string {
  const passages = resultsOf(view.done, (name) => name === 'file_search');
  const quoted = passages.length > 0 ? quotePassage(question, passages) : null;
  const known = quoted ?? smallTalkReply(view.said) ?? answerQuestions(view, question) ?? searchAnswer(view, question);
  return known ?? (asksMemory(question) ? notKnown : atALoss);
}

function searchAnswer(view: RequestView, question: string): string | null {
  const results = resultsOf(view.done, (name) => isSearch(name) && name !== 'file_search');
  return results.length > 0 ? answerFromSearch(view, question, results) : null;
}

/** What to say of what was just learnt, honest where filing it failed. */
function acknowledge(view: RequestView, findings: Findings): string {
  const { facts, requests } = findings;
  if (facts.length === 0 && requests.length === 0) return '';
  const failed = view.done.find((call) => call.failed && isOwnTool(call.name) && !isSearch(call.name));
  if (failed !== undefined) return `I could not write that down: ${(failed.result ?? 'no reason given').slice(0, 200)}`;
  const name = facts.find((fact) => fact.topic === 'name')?.line.replace(/^Name: /, '');
  const isChange = !view.firstAnswer && view.done.some((call) => call.name.endsWith('_replace'));
  const greeting =
    name === undefined ? '' : isChange ? `From now on you are ${name} to me. ` : `Nice to meet you, ${name}. `;
  const rest = facts
    .filter((fact) => fact.topic !== 'name' && fact.about === 'human')
    .map((fact) => sayLine(fact.line));
  const isKept = view.done.some((call) => isOwnTool(call.name) && !isSearch(call.name));
  const said = rest.map((line) => line.charAt(0).toLowerCase() + line.slice(1).replace(/\.$/, '')).join('; ');
  if (said !== '') return `${greeting}${isKept ? 'I noted that' : 'So'} ${said}.`;
  return `${greeting}${isKept ? 'I will remember that.' : 'Understood.'}`;
}

function questionOf(said: string): string | null {
  return sentencesOf(said).filter(isQuestion).at(-1) ?? null;
}

/** True for a question about whoever asks it. */
function isAboutPeople(question: string): boolean {
  const bare = question.replace(
    /^(?:please\s+)?(?:can|could|will|would)?\s*(?:you\s+)?(?:please\s+)?(?:tell|give|show|write|help|teach)\s+(?:me|us)\b/i,
    '',
  );
  return /\b(?:my|me|i|we|our|us)\b|\bremember\b/i.test(bare);
}

/** True for a question that something told earlier could answer. */
function asksMemory(question: string): boolean {
  return (
    isAboutPeople(question) ||
    /^(?:\W*\w+,?\s+)?(?:what|who|whose|which|when|where|how (?:many|much|old|long|far))\b/i.test(question)
  );
}

function isSearch(name: string): boolean {
  return /_search(?:_date)?$|^search_/.test(name);
}

function resultsOf(done: DoneCall[], wanted: (name: string) => boolean): string[] {
  return done.flatMap((call) => (wanted(call.name) && call.result !== null && !call.failed ? [call.result] : []));
}

/** True where the same was tried in this turn already; an injected argument makes no difference. */
function wasMade(done: DoneCall[], call: WantedCall): boolean {
  return done.some((made) => {
    if (made.name !== call.name) return false;
    return Object.entries(call.arguments).every(
      ([name, value]) => JSON.stringify(made.arguments[name]) === JSON.stringify(value),
    );
  });
}

function speak(view: RequestView, text: string): Decision {
  const { request, speech } = view;
  if (speech === null || request.toolChoice === 'none') return { text: shaped(request, view.said, text), calls: [] };
  const message = propertiesOf(speech.parameters)['message'] ?? {};
  const isPlain = message['type'] === undefined || message['type'] === 'string';
  const words = isPlain ? shaped(request, view.said, text) : instanceOf(message, { text: view.said, answer: text });
  const wanted = { name: speech.name, arguments: { message: words }, thought: 'I know what to answer.' };
  return { text: '', calls: [toCall(view, wanted)] };
}

/** The answer in the form that `response_format` asks for. */
function shaped(request: ModelRequest, said: string, text: string): string {
  const format = request.settings.responseFormat as Record<string, unknown> | string | null | undefined;
  if (typeof format !== 'object' || format === null) return text;
  if (format['type'] === 'json_object') return JSON.stringify({ answer: text });
  if (format['type'] !== 'json_schema') return text;
  const wrapped = (format['json_schema'] ?? format) as Record<string, unknown>;
  const schema = (wrapped['schema'] ?? {}) as Record<string, unknown>;
  return JSON.stringify(instanceOf(schema, { text: said, answer: text }));
}

/** Adds the arguments that the heartbeat protocol puts into every tool. */
function toCall(view: RequestView, call: WantedCall): Decision['calls'][number] {
  const tool = view.request.tools.find((one) => one.name === call.name);
  const properties: Record<string, unknown> =
    tool === undefined ? {} : propertiesOf(tool.parameters as ToolDefinition['parameters']);
  const thoughtField = ['inner_thoughts', 'thinking'].find((name) => name in properties);
  const given: Record<string, unknown> = {};
  if (thoughtField !== undefined) given[thoughtField] = call.thought;
  Object.assign(given, call.arguments);
  if ('request_heartbeat' in properties && call.name !== view.speech?.name) given['request_heartbeat'] = true;
  return { id: toOpenaiId('call', newId()), name: call.name, arguments: given };
}
