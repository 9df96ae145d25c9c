import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigError,
  configPath,
  fileFields,
  loadConfig,
  readConfigFile,
  variableNames,
  writeConfigFile,
  type Config,
  type ConfigSources,
  type Environment,
} from '../src/config.js';

let userHome: string;

beforeEach(() => {
  userHome = mkdtempSync(join(tmpdir(), 'config-'));
});

afterEach(() => {
  rmSync(userHome, { recursive: true, force: true });
});

function load(env: Environment = {}, more: ConfigSources = {}): Config {
  return loadConfig({ env, userHome, ...more });
}

function writeFile(content: unknown): void {
  const home = join(userHome, '.threadkeeper');
  mkdirSync(home, { recursive: true });
  writeFileSync(configPath(home), typeof content === 'string' ? content : JSON.stringify(content));
}

function writeOld(folder: string, name: string, lines: string[]): void {
  mkdirSync(join(userHome, folder), { recursive: true });
  writeFileSync(join(userHome, folder, name), lines.join('\n'));
}

function sentenceOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a configuration without any setting', () => {
  it('listens on localhost:8283, keeps its data in the home, and has the stand-in alone', () => {
    const home = join(userHome, '.threadkeeper');
    expect(load()).toEqual({
      home,
      host: 'localhost',
      port: 8283,
      tls: { enabled: false, certPath: null, keyPath: null },
      databaseUrl: `sqlite:${home}`,
      adminPassword: null,
      models: {
        providers: [],
        aliases: {},
        defaultModel: null,
        embeddingModel: null,
        demo: { latencyMs: 0, tokensPerSecond: 0 },
      },
      memoryScope: 'thread',
      memoryFlush: false,
      sleepTimeEvery: 0,
      timezone: 'UTC',
      corsOrigins: [],
      requestsPerMinute: 0,
      logLevel: 'info',
      workerConcurrency: 64,
      cacheUrl: null,
      filesUrl: null,
      fileBytesMax: 536_870_912,
      fileConcurrency: 2,
      eventRetentionMs: 2_592_000_000,
      debug: false,
      serverUrl: null,
      profiles: { persona: 'sam_pov', human: 'basic' },
      notices: [],
    });
  });
});

describe('the layers', () => {
  it('win in the order command line, environment, file, default', () => {
    writeFile({ port: 1111, host: 'file.example', logLevel: 'warn' });
    const config = load(
      { THREADKEEPER_PORT: '2222', THREADKEEPER_HOST: 'variable.example' },
      { overrides: { port: 3333 } },
    );
    expect([config.port, config.host, config.logLevel]).toEqual([3333, 'variable.example', 'warn']);
  });

  it('count an empty variable as not set', () => {
    expect(load({ THREADKEEPER_PORT: '', MEMGPT_SERVER_PASS: ' ' })).toMatchObject({ port: 8283, adminPassword: null });
  });

  it('prefer an own name to an old one', () => {
    const env = { MEMGPT_SERVER_PASS: 'old', THREADKEEPER_ADMIN_PASSWORD: 'own' };
    expect(load(env).adminPassword).toBe('own');
  });

  it.each(['MEMGPT_SERVER_PASS', 'LETTA_SERVER_PASS', 'LETTA_SERVER_PASSWORD'])('take the password from %s', (name) => {
    expect(load({ [name]: 'ilovellms' }).adminPassword).toBe('ilovellms');
  });

  it('read the home from THREADKEEPER_HOME, where ~ is the home of the user', () => {
    expect(load({ THREADKEEPER_HOME: '~/elsewhere' }).home).toBe(join(userHome, 'elsewhere'));
  });
});

describe('the database', () => {
  it.each([
    ['LETTA_PG_URI', 'postgresql+pg8000://u:p@db/letta', 'postgresql://u:p@db/letta'],
    ['MEMGPT_PG_URI', 'postgresql://u:p@db/memgpt', 'postgresql://u:p@db/memgpt'],
    ['PGURI', 'postgres://db/x', 'postgresql://db/x'],
    ['THREADKEEPER_DATABASE_URL', '/srv/data', 'sqlite:/srv/data'],
    ['THREADKEEPER_DATABASE_URL', 'sqlite:/srv/data', 'sqlite:/srv/data'],
    ['THREADKEEPER_DATABASE_URL', 'sqlite:///srv/data', 'sqlite:/srv/data'],
  ])('named by %s as %s is %s', (name, given, url) => {
    expect(load({ [name]: given }).databaseUrl).toBe(url);
  });

  it('is put together from the five old parts, with a password that needs escaping', () => {
    const env = {
      LETTA_PG_USER: 'letta',
      LETTA_PG_PASSWORD: 'p@ss/word',
      LETTA_PG_HOST: 'db',
      LETTA_PG_PORT: '5432',
      LETTA_PG_DB: 'letta',
    };
    expect(load(env).databaseUrl).toBe('postgresql://letta:p%40ss%2Fword@db:5432/letta');
    expect(load({ ...env, LETTA_PG_DB: '' }).databaseUrl).toMatch(/^sqlite:/);
  });

  it('of another kind is refused without showing its password', () => {
    const sentence = sentenceOf(() => load({ PGURI: 'mysql://root:hunter22@db/x' }));
    expect(sentence).toContain('postgres://');
    expect(sentence).not.toContain('hunter22');
  });
});

describe('a value that cannot be used', () => {
  it.each([
    [{ THREADKEEPER_PORT: 'eighty' }, 'THREADKEEPER_PORT must be a whole number from 0 to 65535'],
    [{ THREADKEEPER_PORT: '70000' }, 'THREADKEEPER_PORT must be'],
    [{ THREADKEEPER_MEMORY_SCOPE: 'all' }, "THREADKEEPER_MEMORY_SCOPE must be 'thread' or 'shared', but is 'all'."],
    [{ THREADKEEPER_TIMEZONE: 'Berlin' }, 'THREADKEEPER_TIMEZONE must be the IANA name of a time zone'],
    [{ THREADKEEPER_USE_SSL: 'maybe' }, 'THREADKEEPER_USE_SSL must be true or false'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of trace, debug'],
    [{ THREADKEEPER_CORS_ORIGINS: '["http://a"' }, 'THREADKEEPER_CORS_ORIGINS must be a JSON list'],
    [{ THREADKEEPER_MODEL_ALIASES: 'gpt-4o' }, 'THREADKEEPER_MODEL_ALIASES must be a JSON object'],
    [{ OPENAI_BASE_URL: 'ftp://x' }, 'OPENAI_BASE_URL must be an http or https URL'],
    [{ LETTA_LLM_ENDPOINT: 'http://x', LETTA_LLM_CONTEXT_WINDOW: 'big' }, 'LETTA_LLM_CONTEXT_WINDOW must be'],
    [{ MEMGPT_CONFIG_PATH: '/nowhere/at/all' }, 'MEMGPT_CONFIG_PATH names a file that does not exist'],
    [{ AZURE_OPENAI_KEY: 'azure-secret' }, 'AZURE_OPENAI_KEY is set, but AZURE_OPENAI_ENDPOINT'],
  ])('in %o is refused by a sentence that names the variable', (env, sentence) => {
    expect(sentenceOf(() => load(env))).toContain(sentence);
  });

  it.each([
    [{ port: 'x' }, "The field 'port' in"],
    [{ prot: 1 }, "The field 'prot' in"],
    [{ adminPassword: 'p' }, 'is never kept in a file'],
    [{ providers: [{ name: 'a', kind: 'gopher', apiKey: 'sk-secret' }] }, "The field 'providers.0.kind' in"],
    [{ providers: [1, 2] }, "The field 'providers.0' in"],
    [
      {
        providers: [
          { name: 'a', kind: 'openai' },
          { name: 'a', kind: 'openai' },
        ],
      },
      "The field 'providers.1.name' in",
    ],
    ['{"providers": [{"apiKey": "sk-secret', 'is not valid JSON'],
    ['[]', 'must hold one JSON object'],
  ])('in the file as %o is refused by a sentence that names the field and no key', (content, sentence) => {
    writeFile(content);
    const refusal = sentenceOf(() => load());
    expect(refusal).toContain(sentence);
    expect(refusal).not.toContain('sk-secret');
  });

  it('of a certificate without its key is refused', () => {
    const env = { THREADKEEPER_USE_SSL: 'yes', THREADKEEPER_SSL_CERT: '/c.pem' };
    expect(sentenceOf(() => load(env))).toContain('--ssl-key');
    expect(load({ THREADKEEPER_SSL_CERT: '/c.pem' }).tls.enabled).toBe(false);
  });
});

describe('providers', () => {
  it('come from the variables other programs use, in the order of the table', () => {
    const { providers } = load({
      GROQ_API_KEY: 'g',
      OLLAMA_BASE_URL: 'http://box:11434',
      OPENAI_API_KEY: 'o',
      VLLM_API_BASE: 'http://box:8000/v1/',
    }).models;
    expect(providers).toEqual([
      { name: 'openai', kind: 'openai', baseUrl: null, apiKey: 'o' },
      { name: 'ollama', kind: 'openai', baseUrl: 'http://box:11434/v1', apiKey: null },
      { name: 'vllm', kind: 'openai', baseUrl: 'http://box:8000/v1', apiKey: null },
      { name: 'groq', kind: 'openai', baseUrl: 'https://api.groq.com/openai/v1', apiKey: 'g' },
    ]);
  });

  it('of Azure carry their version, and their deployment is the default model', () => {
    const { models } = load({
      AZURE_OPENAI_API_KEY: 'a',
      AZURE_OPENAI_ENDPOINT: 'https://me.openai.azure.com/',
      AZURE_OPENAI_VERSION: '2024-06-01',
      AZURE_OPENAI_DEPLOYMENT: 'mine',
      AZURE_OPENAI_EMBEDDING_DEPLOYMENT: 'vectors',
    });
    expect(models).toMatchObject({ defaultModel: 'azure/mine', embeddingModel: 'azure/vectors' });
    expect(models.providers).toEqual([
      { name: 'azure', kind: 'azure', baseUrl: 'https://me.openai.azure.com', apiKey: 'a', apiVersion: '2024-06-01' },
    ]);
  });

  it('chosen in the file stay first, and a variable supplies the key the file leaves out', () => {
    writeFile({
      providers: [
        { name: 'ollama', kind: 'openai', baseUrl: 'http://box:11434/v1' },
        { name: 'openai', kind: 'openai' },
      ],
      defaultModel: 'ollama/llama3.1',
    });
    const { models } = load({ OPENAI_API_KEY: 'from-variable' });
    expect(models.defaultModel).toBe('ollama/llama3.1');
    expect(models.providers.map(({ name, apiKey }) => [name, apiKey])).toEqual([
      ['ollama', null],
      ['openai', 'from-variable'],
    ]);
  });

  it('come from the variables of Letta 0.4', () => {
    const { models } = load({
      LETTA_LLM_ENDPOINT: 'http://box:8000',
      LETTA_LLM_ENDPOINT_TYPE: 'vllm',
      LETTA_LLM_MODEL: 'mistral',
      LETTA_LLM_CONTEXT_WINDOW: '16384',
      LETTA_EMBEDDING_ENDPOINT: 'http://box:9000',
      LETTA_EMBEDDING_ENDPOINT_TYPE: 'vllm',
      LETTA_EMBEDDING_MODEL: 'bge',
    });
    expect(models.providers).toMatchObject([
      { name: 'vllm', baseUrl: 'http://box:8000/v1', contextWindow: 16_384 },
      { name: 'vllm-embeddings', baseUrl: 'http://box:9000/v1' },
    ]);
    expect(models).toMatchObject({ defaultModel: 'vllm/mistral', embeddingModel: 'vllm-embeddings/bge' });
  });

  it('take aliases as pairs and as JSON', () => {
    const aliases = { 'gpt-4o': 'ollama/llama3.1', '*': 'ollama/qwen' };
    expect(load({ THREADKEEPER_MODEL_ALIASES: 'gpt-4o=ollama/llama3.1, *=ollama/qwen' }).models.aliases).toEqual(
      aliases,
    );
    expect(load({ THREADKEEPER_MODEL_ALIASES: JSON.stringify(aliases) }).models.aliases).toEqual(aliases);
  });
});

describe('the file of an old server', () => {
  const config = [
    '[defaults]',
    'persona = anna_pa',
    'human = cs_phd',
    '',
    '[model]',
    'model = dolphin',
    'model_endpoint = http://localhost:1234',
    'model_endpoint_type = lmstudio',
    'model_wrapper = None',
    'context_window = 8192',
    '; a remark',
    '[embedding]',
    'embedding_endpoint_type = openai',
    'embedding_endpoint = https://api.openai.com/v1',
    'embedding_model = text-embedding-ada-002',
    '[client]',
    'anon_clientid = 00000000-0000-0000-0000-3a5f10c2d4e6',
  ];

  it.each(['.memgpt', '.letta'])('in ~/%s gives model, embedding and profiles', (folder) => {
    writeOld(folder, 'config', config);
    writeOld(folder, 'credentials', ['[openai]', 'auth_type = bearer_token', 'key = sk-old-key']);
    const { models, profiles } = load();
    expect(profiles).toEqual({ persona: 'anna_pa', human: 'cs_phd' });
    expect(models).toMatchObject({ defaultModel: 'lmstudio/dolphin', embeddingModel: 'openai/text-embedding-ada-002' });
    expect(models.providers).toMatchObject([
      { name: 'lmstudio', baseUrl: 'http://localhost:1234/v1', contextWindow: 8192 },
      { name: 'openai', baseUrl: null, apiKey: 'sk-old-key' },
    ]);
  });

  it('gives way to providers in the new file', () => {
    writeOld('.memgpt', 'config', config);
    writeFile({ providers: [{ name: 'ollama', kind: 'openai', baseUrl: 'http://box:11434/v1' }] });
    expect(load().models).toMatchObject({ defaultModel: null, providers: [{ name: 'ollama' }] });
  });

  it('that names a hosted service of the past is ignored, and that is told', () => {
    writeOld('.memgpt', 'config', [
      '[model]',
      'model = memgpt-openai',
      'model_endpoint = https://inference.memgpt.ai',
      'model_endpoint_type = openai',
    ]);
    const { models, notices } = load();
    expect(models).toMatchObject({ providers: [], defaultModel: null });
    expect(notices).toEqual([expect.stringContaining('no longer exists')]);
  });
});

describe('an upstream address', () => {
  it.each([
    [{ OPENAI_BASE_URL: 'http://localhost:8283/v1' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_API_BASE: 'http://127.0.0.1:8283/v1' }, 'OPENAI_API_BASE'],
    [{ OPENAI_BASE_URL: 'http://[::1]:8283/openai/v1' }, 'OPENAI_BASE_URL'],
    [{ OPENAI_BASE_URL: 'http://127.1.2.3:9000', THREADKEEPER_PORT: '9000' }, 'OPENAI_BASE_URL'],
    [{ OLLAMA_BASE_URL: 'http://localhost:8283', THREADKEEPER_HOST: '0.0.0.0' }, 'OLLAMA_BASE_URL'],
    [{ OPENAI_BASE_URL: 'https://me.example/v1', THREADKEEPER_HOST: 'me.example', THREADKEEPER_PORT: '443' }, 'OPENAI'],
  ])('in %o that is the server itself is refused', (env, source) => {
    const sentence = sentenceOf(() => load(env));
    expect(sentence).toContain('this very server');
    expect(sentence).toContain(source);
    expect(load(env, { refuseOwnUpstream: false }).models.providers).toHaveLength(1);
  });

  it.each([
    { OPENAI_BASE_URL: 'http://localhost:8284/v1' },
    { OPENAI_BASE_URL: 'http://other.example:8283/v1' },
    { OPENAI_BASE_URL: 'http://localhost:8283/v1', THREADKEEPER_HOST: '192.0.2.7' },
  ])('in %o that is another server is taken', (env) => {
    expect(load(env).models.providers).toHaveLength(1);
  });

  it('never shows a password it carries', () => {
    const sentence = sentenceOf(() => load({ OPENAI_BASE_URL: 'http://me:hunter22@localhost:8283/v1' }));
    expect(sentence).not.toContain('hunter22');
  });
});

describe('the configuration file', () => {
  it('is written readable by its owner alone and read back the same', () => {
    const home = join(userHome, 'new', 'home');
    const content = {
      port: 9,
      providers: [{ name: 'openai', kind: 'openai' as const, baseUrl: null, apiKey: 'sk-1' }],
    };
    const path = writeConfigFile(home, { port: 1 });
    writeConfigFile(home, content);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readConfigFile(home)).toEqual(content);
  });
});

describe('docs/configuration.md', () => {
  const document = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');

  it('lists every variable that is read, and no other', () => {
    const asked = new Set<string>();
    const env = new Proxy({} as Environment, {
      get: (_target, name) => (asked.add(String(name)), undefined),
    });
    load(env);
    expect([...asked].filter((name) => !variableNames.includes(name))).toEqual([]);
    const listed = new Set(document.match(/`[A-Z][A-Z0-9_]{4,}`/g)?.map((name) => name.slice(1, -1)));
    expect([...listed].sort()).toEqual([...new Set(variableNames)].sort());
  });

  it('lists every field of the configuration file', () => {
    const missing = fileFields.filter((field) => !document.includes(`\`${field}\``));
    expect(missing).toEqual([]);
  });
});
