import { randomBytes } from 'node:crypto';
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import type { z } from 'zod';

/** An answer, as the wire brought it. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  body: unknown;
}

/** A member that a client leaves out where it is undefined. */
type Parameters = Record<string, string | number | boolean | undefined>;

/** What goes with a call. */
export interface Call {
  json?: unknown;
  /** A file in a form, under the name `file`, as `requests` sends one that was opened in binary mode. */
  file?: { name: string; content: string };
  params?: Parameters;
  headers?: Record<string, string>;
}

/** Calls a server in the bytes of Python's `requests`: its headers, their order, its JSON, no redirect followed. */
export type PythonClient = (method: string, path: string, call?: Call) => Promise<Answer>;

/** A client of Python's `requests`, or of `httpx` where it names itself so. */
export function pythonClient(url: string, token: string, agent = 'python-requests/2.31.0'): PythonClient {
  return (method, path, { json, file, params, headers } = {}) =>
    new Promise((resolve, reject) => {
      const query = Object.entries(params ?? {}).flatMap(([name, value]) =>
        value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(inPython(value))}`],
      );
      const content = file === undefined ? contentOf(json) : formOf(file);
      const target = new URL(path + (query.length === 0 ? '' : `?${query.join('&')}`), url);
      const request = send(
        target,
        {
          method,
          headers: {
            'User-Agent': agent,
            'Accept-Encoding': 'gzip, deflate',
            accept: 'application/json',
            Connection: 'keep-alive',
            authorization: `Bearer ${token}`,
            ...headers,
            ...(content === undefined ? {} : { 'Content-Length': content.body.length, 'Content-Type': content.type }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
          });
        },
      );
      request.on('error', reject);
      request.end(content?.body);
    });
}

interface Content {
  type: string;
  body: Buffer;
}

function contentOf(json: unknown): Content | undefined {
  return json === undefined ? undefined : { type: 'application/json', body: Buffer.from(pythonJson(json), 'ascii') };
}

/** A form of one file as `urllib3` writes it: the boundary in hexadecimal digits, and no type of the file. */
function formOf({ name, content }: { name: string; content: string }): Content {
  const boundary = randomBytes(16).toString('hex');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.from(`${head}${content}\r\n--${boundary}--\r\n`, 'utf8'),
  };
}

/** JSON as Python's `json.dumps` writes it. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${pythonJson(name)}: ${pythonJson(member)}`);
    return `{${members.join(', ')}}`;
  }
  return (JSON.stringify(value) ?? 'null').replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function inPython(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The body of an answer that must be a 200 and fit its schema. */
export async function ok<T extends z.ZodType>(schema: T, answer: Promise<Answer>): Promise<z.infer<T>> {
  const { status, text, body } = await answer;
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return schema.parse(body);
}
