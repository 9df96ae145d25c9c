import type { ToolDefinition } from '../../domain/tool.js';
import { isOwnTool, type WantedCall } from './memory-calls.js';
import { fillFields, fillObject, instanceOf, propertiesOf, requiredOf, valuesFor } from './schema-values.js';
import type { DoneCall, RequestView } from './view.js';
import { keywordsOf } from './words.js';

/** Verbs and fillers in the names of functions: they match everything and so mean nothing. */
const emptyWords = new Set(
  'get set fetch find search list show create make add update delete remove run call do current user function tool data info value new'.split(
    ' ',
  ),
);
const callsAtOnce = 8;

/** Calls of the application's functions that plainly match what was said; none where a required argument is missing. */
export function functionCalls(view: RequestView): WantedCall[] {
  const wanted = keywordsOf(view.said);
  return functionsOf(view)
    .filter((tool) => matches(tool, wanted))
    .flatMap((tool) => callsOf(tool, view.said))
    .slice(0, callsAtOnce);
}

/** One call of a function that must be called, its arguments made up where the text has none. */
export function forcedCall(view: RequestView, tool: ToolDefinition): WantedCall {
  const [natural] = callsOf(tool, view.said);
  if (natural !== undefined) return natural;
  const filled = instanceOf(tool.parameters, { text: view.said, answer: view.said });
  const given = typeof filled === 'object' && filled !== null ? (filled as Record<string, unknown>) : {};
  return { name: tool.name, arguments: given, thought: `I was told to use ${tool.name}.` };
}

/** What to say of the results of functions. */
export function reportResults(done: DoneCall[]): string {
  const reports = done.flatMap((call) => {
    if (call.result === null) return [];
    const given = Object.values(call.arguments).filter(
      (value) => typeof value === 'string' || typeof value === 'number',
    );
    const subject = given.length > 0 && given.join(', ').length <= 60 ? ` (${given.join(', ')})` : '';
    const plain = readable(call.result);
    return [call.failed ? `${call.name}${subject} failed: ${plain}` : `${call.name}${subject} says: ${plain}`];
  });
  return reports.map((report) => (/[.!?]$/.test(report) ? report : `${report}.`)).join(' ');
}

/** What to ask back where a function matches and an argument is missing; null where nothing is to be asked. */
export function askForMissing(view: RequestView): string | null {
  const wanted = keywordsOf(view.said);
  const tool = functionsOf(view).find((one) => matches(one, wanted));
  const missing = tool === undefined ? [] : fillFields(tool.parameters, view.said).missing;
  if (tool === undefined || missing.length === 0) return null;
  return `For ${tool.name} I still need to know: ${missing.join(', ').replaceAll('_', ' ')}.`;
}

/** Arguments that the heartbeat protocol puts into every tool; they are filled where a call is made, and never asked for. */
const protocolArguments = ['request_heartbeat', 'inner_thoughts', 'thinking'];

/** The application's functions, with the arguments that are their own. */
function functionsOf({ request }: RequestView): ToolDefinition[] {
  return request.tools
    .filter((tool) => !isOwnTool(tool.name))
    .map((tool) => {
      const own = requiredOf(tool.parameters).filter((name) => !protocolArguments.includes(name));
      return { ...tool, parameters: { ...tool.parameters, required: own } };
    });
}

/** By a telling word of the name, by its verb where there are arguments to fill, or by two words of the description. */
function matches(tool: ToolDefinition, wanted: Set<string>): boolean {
  const words = [...keywordsOf(splitName(tool.name))];
  const name = words.filter((word) => !emptyWords.has(word));
  if (name.some((word) => wanted.has(word))) return true;
  if (words.some((word) => wanted.has(word)) && requiredOf(tool.parameters).length > 0) return true;
  const description = [...keywordsOf(tool.description)].filter((word) => !emptyWords.has(word));
  return description.filter((word) => wanted.has(word)).length >= 2;
}

function splitName(name: string): string {
  return name.replace(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll(/[_.-]+/g, ' ');
}

/** One call for each of several places, days or names that the text lists for one required field. */
function callsOf(tool: ToolDefinition, text: string): WantedCall[] {
  const base = fillObject(tool.parameters, text);
  if (base === null) return [];
  const thought = `${tool.name} can tell me that.`;
  const properties = propertiesOf(tool.parameters);
  const varied = requiredOf(tool.parameters).find((field) => {
    const schema = properties[field] ?? {};
    return schema['type'] === 'string' && !Array.isArray(schema['enum']) && valuesFor(field, schema, text).length > 1;
  });
  if (varied === undefined) return [{ name: tool.name, arguments: base, thought }];
  return valuesFor(varied, properties[varied] ?? {}, text).map((value) => {
    return { name: tool.name, arguments: { ...base, [varied]: value }, thought };
  });
}

/** A result as a sentence would say it: the fields of an object, one after the other. */
function readable(result: string): string {
  try {
    return readableValue(JSON.parse(result));
  } catch {
    return result.trim();
  }
}

function readableValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(readableValue).join('; ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, member]) => `${key.replaceAll('_', ' ')} ${readableValue(member)}`)
    .join(', ');
}
