import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { firstSet, homeVariable, readEnvironment, type Environment } from './config/environment.js';
import { ConfigError } from './config/fault.js';
import { configPath, readConfigFile, type ConfigFile } from './config/file.js';
import { readLegacy, type LegacySettings } from './config/legacy.js';
import { gatherModels } from './config/models.js';
import { refuseOwnUpstream } from './config/own-upstream.js';
import { settings, type SettingName, type SettingValues } from './config/settings.js';
import type { ModelSettingsFile } from './providers/settings.js';

export { ConfigError } from './config/fault.js';
export { configPath, fileFields, readConfigFile, writeConfigFile, type ConfigFile } from './config/file.js';
export { variableNames, type Environment } from './config/environment.js';
export { findVendor, toBaseUrl, vendors, type Vendor } from './config/vendors.js';

/** Everything a server is told before it starts. */
export interface Config {
  /** The folder of configuration, certificates and, with SQLite, data. */
  home: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** With `enabled` and no paths, the command line makes a certificate of its own. */
  tls: { enabled: boolean; certPath: string | null; keyPath: string | null };
  /** `sqlite:<folder>`, or `postgres://…`. */
  databaseUrl: string;
  /** Null where a fresh one is made at every start. */
  adminPassword: string | null;
  models: ModelSettingsFile;
  /** The zone of agents that name none, by its IANA name. */
  timezone: string;
  /** What a thread that names no memory remembers: only itself, or what the assistant's other threads do. */
  memoryScope: 'thread' | 'shared';
  /** True where agents are asked to save what is about to scroll out of their view. */
  memoryFlush: boolean;
  /** Answers after which the memories of agents that do not say are tidied; 0 is never. */
  sleepTimeEvery: number;
  /** Origins that browsers may call from; empty is none. */
  corsOrigins: string[];
  /** Requests that a credential may send to the OpenAI face in a minute; 0 is no limit. */
  requestsPerMinute: number;
  logLevel: SettingValues['logLevel'];
  /** Runs that this process carries at the same time; 0 leaves them to others. */
  workerConcurrency: number;
  /** Where keys and values that expire are kept; null is beside the database. */
  cacheUrl: string | null;
  /** Where the bytes of files lie: a folder, or `database:`; null is what suits the database. */
  filesUrl: string | null;
  /** The most bytes of one file. */
  fileBytesMax: number;
  /** Files that this process reads at the same time; 0 leaves them to others. */
  fileConcurrency: number;
  /** How long the events of a finished run are kept. */
  eventRetentionMs: number;
  debug: boolean;
  /** A running server that `run` talks to; null is the one of this home, or none. */
  serverUrl: string | null;
  /** Names of the profiles that an agent made without others gets. */
  profiles: { persona: string; human: string };
  /** Sentences worth telling once at the start. */
  notices: string[];
}

/** Where a configuration is read from. */
export interface ConfigSources {
  /** The process's own where absent. */
  env?: Environment;
  /** What the command line says; it wins over everything. */
  overrides?: Partial<SettingValues>;
  /** Takes the place of `THREADKEEPER_HOME`. */
  homeOverride?: string;
  /** The folder in which `.letta` and `.memgpt` are looked for, and `.threadkeeper` by default. */
  userHome?: string;
  /** False for a client of a running server, for which that server's address is a fair upstream. */
  refuseOwnUpstream?: boolean;
}

/**
 * Reads the configuration: command line, then environment, then `config.json` of the home, then what a MemGPT or Letta
 * installation left behind, then defaults. Throws a ConfigError of one sentence that names the variable or field; keys
 * and passwords are never part of it.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const userHome = sources.userHome ?? homedir();
  const home = homeOf({ ...sources, env, userHome });
  const { providers, ...file } = readConfigFile(home);
  const legacy = readLegacy(env, userHome);
  const values = settle([sources.overrides ?? {}, readEnvironment(env), file, profilesOf(legacy)]);
  const { models, sourced } = gatherModels({
    env,
    file: { path: configPath(home), providers: providers ?? [] },
    legacy,
    values,
  });
  if (sources.refuseOwnUpstream !== false) refuseOwnUpstream(sourced, values);
  return toConfig(home, values, models, legacy?.notices ?? []);
}

/** The folder that a configuration is read from and written to. */
export function homeOf(sources: Pick<ConfigSources, 'env' | 'homeOverride' | 'userHome'>): string {
  const env = sources.env ?? process.env;
  const named = sources.homeOverride ?? firstSet(env, [homeVariable])?.text;
  const userHome = sources.userHome ?? homedir();
  if (named === undefined) return join(userHome, '.threadkeeper');
  return resolve(named.replace(/^~(?=$|\/)/, userHome));
}

function profilesOf(legacy: LegacySettings | null): ConfigFile {
  return { persona: legacy?.persona ?? undefined, human: legacy?.human ?? undefined };
}

/** The value of every setting: the first layer that has one, else the default. */
function settle(layers: readonly Partial<SettingValues>[]): SettingValues {
  const names = Object.keys(settings) as SettingName[];
  const entries = names.map((name) => {
    const layer = layers.find((candidate) => candidate[name] !== undefined && candidate[name] !== null);
    return [name, layer === undefined ? settings[name].fallback : layer[name]];
  });
  return Object.fromEntries(entries) as SettingValues;
}

function toConfig(home: string, values: SettingValues, models: ModelSettingsFile, notices: string[]): Config {
  return {
    home,
    host: values.host,
    port: values.port,
    tls: tlsOf(values),
    databaseUrl: databaseOf(values.databaseUrl, home),
    adminPassword: values.adminPassword,
    models,
    timezone: values.timezone,
    memoryScope: values.memoryScope,
    memoryFlush: values.memoryFlush,
    sleepTimeEvery: values.sleepTimeEvery,
    corsOrigins: values.corsOrigins,
    requestsPerMinute: values.requestsPerMinute,
    logLevel: values.debug && values.logLevel === 'info' ? 'debug' : values.logLevel,
    workerConcurrency: values.workerConcurrency,
    cacheUrl: values.cacheUrl,
    filesUrl: values.filesUrl,
    fileBytesMax: values.fileBytesMax,
    fileConcurrency: values.fileConcurrency,
    eventRetentionMs: values.eventRetentionMs,
    debug: values.debug,
    serverUrl: values.serverUrl,
    profiles: { persona: values.persona, human: values.human },
    notices,
  };
}

/** Paths without `useSsl` are ignored, as they always were; one path without the other is a mistake. */
function tlsOf({ useSsl, sslCert, sslKey }: SettingValues): Config['tls'] {
  if (useSsl && (sslCert === null) !== (sslKey === null)) {
    const [given, missing] = sslCert === null ? ['key', 'certificate'] : ['certificate', 'key'];
    const flag = missing === 'key' ? '--ssl-key (THREADKEEPER_SSL_KEY)' : '--ssl-cert (THREADKEEPER_SSL_CERT)';
    throw new ConfigError(`A TLS ${given} was given without its ${missing}: set ${flag} as well.`);
  }
  return { enabled: useSsl, certPath: sslCert, keyPath: sslKey };
}

/** The address of the database; URLs that name a driver of another language, as old settings do, mean PostgreSQL. */
function databaseOf(given: string | null, home: string): string {
  if (given === null) return `sqlite:${home}`;
  const postgres = /^postgres(ql)?(\+\w+)?:\/\//i;
  if (postgres.test(given)) return given.replace(postgres, 'postgresql://');
  const path = given.replace(/^sqlite:(\/\/(?=\/|\.))?/i, '');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
    throw new ConfigError(`The database must be ${settings.databaseUrl.expected}.`);
  }
  return `sqlite:${resolve(path)}`;
}
