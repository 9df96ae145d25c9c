import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../domain/errors.js';
import type { Dialect, Exchange } from '../mount.js';
import type { RawInput, Reply } from '../route.js';
import { Refusal, toAnswer, wrongMethod } from './errors.js';

/** Betas whose names clients send; an entry of another name is a mistake that the original refuses. */
const knownBetas: ReadonlySet<string> = new Set(['assistants', 'realtime', 'responses', 'chatkit_beta', 'agents']);

/** What Azure serves below a deployment, which is the name of a model there. */
const deploymentPaths: ReadonlySet<string> = new Set(['/chat/completions', '/embeddings']);

/** The OpenAI dialect: how its requests are admitted, refused and repeated. */
export const openaiDialect: Dialect = {
  authorize: async (access, credential, { users }) => {
    if (access === 'public') return null;
    if (credential.kind !== 'given') {
      throw new AppError(
        'unauthenticated',
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or in an api-key header.",
      );
    }
    const principal = await users.authenticate(credential.secret);
    if (principal === null) {
      const message =
        'Incorrect API key provided. Keys are made by the administrator of this server, who can also tell you whether yours was withdrawn.';
      throw new Refusal('unauthenticated', message, 'invalid_api_key');
    }
    return principal;
  },
  toAnswer,
  wrongMethod,
  pathsOf: (path) => {
    const bare = path.replace(/^\/v1(?=\/|$)/u, '');
    const deployed = deploymentPaths.has(bare) ? [`/openai/deployments/{deployment}${bare}`] : [];
    // Azure has no version in its paths.
    return [path, `/openai/v1${bare}`, `/openai${bare}`, ...deployed];
  },
  toInput: withDeployment,
  serve: async (exchange) => {
    checkBetas(exchange.base.headers);
    // A form is not compared with others: what it brings is read once, on its way to the disk.
    const mayRepeat = exchange.route.method === 'post' && exchange.route.form === null;
    return mayRepeat ? answerOnce(exchange) : exchange.proceed();
  },
};

/** A deployment in the path is the model, as with Azure, which does not look at the one in the body. */
function withDeployment(raw: RawInput): RawInput {
  const { deployment } = raw.params as { deployment?: string };
  if (deployment === undefined || typeof raw.body !== 'object' || Array.isArray(raw.body)) return raw;
  return { ...raw, body: { ...raw.body, model: deployment } };
}

/**
 * A missing header means the second version, since people write requests by hand; the first version was withdrawn, and
 * what still asks for it is served the second, which is all there is.
 */
function checkBetas(headers: IncomingHttpHeaders): void {
  const sent = [headers['openai-beta'] ?? ''].flat().join(',');
  for (const entry of sent.split(',').map((text) => text.trim())) {
    const [name = '', version] = entry.split('=');
    if (entry === '' || (knownBetas.has(name) && (name !== 'assistants' || version === 'v1' || version === 'v2')))
      continue;
    throw new Refusal('invalid_request', `Unknown beta requested: '${entry.slice(0, 64)}'.`, 'invalid_beta');
  }
}

async function answerOnce({ base, route, url, body, repeats, refusal, proceed }: Exchange): Promise<Reply> {
  const { headers, principal } = base;
  if (principal === null) return proceed();
  const { reopen } = route;
  const sent = headers['idempotency-key'];
  const request = {
    userId: principal.userId,
    method: route.method,
    url,
    body,
    attempt: attemptOf(headers),
    idempotencyKey: typeof sent === 'string' && sent !== '' ? sent : null,
  };
  if (refusal !== null) {
    await repeats.refuse(request);
    throw refusal;
  }
  return repeats.answer(request, {
    work: proceed,
    reopen: reopen === null ? null : (token) => reopen(base, token),
  });
}

/** The official clients count their own attempts. */
function attemptOf(headers: IncomingHttpHeaders): number {
  const count = Number(headers['x-stainless-retry-count'] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}
