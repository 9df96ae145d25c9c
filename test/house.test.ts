import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../src/domain/errors.js';
import { statusOf } from '../src/http/native/errors.js';
import { toAnswer } from '../src/http/openai/errors.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = filesOf('src').filter((path) => path.endsWith('.ts'));
const texts = new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

const ports = [
  'src/store/store.ts',
  'src/store/library.ts',
  'src/store/memory.ts',
  'src/store/transfer.ts',
  'src/store/sleep-time.ts',
  'src/store/sqlite-driver.ts',
  'src/providers/provider.ts',
  'src/providers/settings.ts',
  'src/engine/tools/tool.ts',
];

/** Rooms and what each may import besides its own files. A port is a room of its own, so that it can be a door. */
const doors: Record<string, readonly string[]> = {
  domain: [],
  port: ['domain'],
  store: ['domain', 'port', 'threads'],
  providers: ['domain', 'port'],
  engine: ['domain', 'port'],
  runs: ['domain', 'port', 'engine'],
  services: ['domain', 'port', 'engine', 'runs', 'transfer'],
  extract: ['domain', 'threads'],
  transfer: ['domain', 'port', 'threads'],
  threads: [],
  http: ['domain', 'services'],
  config: ['domain', 'port'],
  logger: ['config'],
  cli: ['config', 'logger', 'compose', 'services', 'domain'],
  compose: [
    'domain',
    'port',
    'store',
    'providers',
    'engine',
    'runs',
    'services',
    'extract',
    'transfer',
    'http',
    'config',
    'logger',
    'cli',
  ],
  index: ['compose', 'config', 'logger', 'domain', 'port'],
};

/** Packages and modules that only some rooms may know. */
const ownPackages: Record<string, readonly string[]> = {
  express: ['http', 'compose'],
  helmet: ['http'],
  'swagger-ui-dist': ['http'],
  kysely: ['store'],
  pg: ['store', 'transfer'],
  keyv: ['store'],
  'lru-cache': ['store', 'engine'],
  '@keyv/sqlite': ['store'],
  '@photostructure/sqlite': ['store', 'transfer'],
  unpdf: ['extract'],
  mammoth: ['extract'],
  yauzl: ['extract', 'transfer'],
  'tar-stream': ['transfer'],
  yaml: ['transfer'],
  htmlparser2: ['extract'],
  busboy: ['http'],
  openai: ['providers'],
  pino: ['logger'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  selfsigned: ['cli'],
};

function filesOf(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function roomOf(path: string): string {
  if (ports.includes(path)) return 'port';
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? path;
}

function importsOf(text: string): string[] {
  return ts.preProcessFile(text).importedFiles.map((file) => file.fileName);
}

/** What is wrong with the imports of a file. */
function closedDoors(path: string, text: string): string[] {
  const room = roomOf(path);
  const allowed = doors[room];
  if (allowed === undefined) return [`${path} stands in no known room`];
  return importsOf(text).flatMap((name) => {
    if (!name.startsWith('.')) {
      const owners =
        ownPackages[
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/')
        ];
      return owners === undefined || owners.includes(room) ? [] : [`${path} imports ${name}`];
    }
    const target = relative(root, resolve(root, dirname(path), name)).replace(/\.js$/, '.ts');
    const face = (file: string): string | undefined => /^src\/http\/(native|openai)\//.exec(file)?.[1];
    const between = face(path) !== undefined && face(target) !== undefined && face(path) !== face(target);
    const open = roomOf(target) === room || allowed.includes(roomOf(target));
    return open && !between ? [] : [`${path} imports ${target}`];
  });
}

function membersOf(path: string, name: string, property: string | null): string[] {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.ES2022, true);
  const alias = source.statements.find(
    (statement): statement is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(statement) && statement.name.text === name,
  );
  if (alias === undefined || !ts.isUnionTypeNode(alias.type)) throw new Error(`${name} is no union in ${path}`);
  return alias.type.types.flatMap((type) => literalOf(property === null ? type : memberType(type, property)));
}

function memberType(type: ts.TypeNode, property: string): ts.TypeNode | undefined {
  if (!ts.isTypeLiteralNode(type)) return undefined;
  const member = type.members.find((candidate) => candidate.name?.getText() === property);
  return member !== undefined && ts.isPropertySignature(member) ? member.type : undefined;
}

function literalOf(type: ts.TypeNode | undefined): string[] {
  const isText = type !== undefined && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal);
  return isText ? [(type.literal as ts.StringLiteral).text] : [];
}

/** The first column of the tables under a heading's document, as far as it holds one name in code marks. */
function firstColumn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^\| `([a-z_-]+)` \|/gm)].map((match) => match[1] ?? '');
}

describe('the rooms', () => {
  it('are entered only by the doors between them', () => {
    expect(sources.flatMap((path) => closedDoors(path, texts.get(path) ?? ''))).toEqual([]);
  });

  it.each([
    ['src/domain/run.ts', "import type { Store } from '../store/store.js';"],
    ['src/services/runs.ts', "import { openStore } from '../store/open.js';"],
    ['src/engine/loop.ts', "export { x } from '../runs/journal.js';"],
    ['src/http/native/runs.ts', "import { x } from '../openai/wire.js';"],
    ['src/http/native/runs.ts', "type X = import('../../store/store.js').Store;"],
    ['src/services/runs.ts', "const x = await import('express');"],
    ['src/http/app.ts', "import { composeHouse } from '../compose.js';"],
    ['src/attic/box.ts', ''],
  ])('would notice a closed door in %s: %s', (path, text) => {
    expect(closedDoors(path, text)).toHaveLength(1);
  });

  it('read process.env in config.ts alone', () => {
    const readers = sources.filter((path) => /process\s*\.\s*env|process\s*\[\s*['"]env/.test(texts.get(path) ?? ''));
    expect(readers).toEqual(['src/config.ts']);
  });
});

describe('a source file', () => {
  it('has 400 lines at the most', () => {
    const lengths = sources.map((path) => ({ path, lines: (texts.get(path) ?? '').split('\n').length - 1 }));
    for (const { path, lines } of lengths.filter((file) => file.lines > 250)) {
      console.warn(`${path} has ${lines} lines; past 250 it is worth asking whether it is one thing`);
    }
    expect(lengths.filter((file) => file.lines > 400)).toEqual([]);
  });

  it('exports by name', () => {
    const faulty = sources.filter((path) => /^export\s+default\b|\bas\s+default\b/m.test(texts.get(path) ?? ''));
    expect(faulty).toEqual([]);
  });

  it('is named in kebab-case, and after what it holds', () => {
    const named = [...sources, ...filesOf('test'), ...filesOf('bench'), ...filesOf('examples')];
    const code = named.filter((path) => /\.(ts|mjs|js)$/.test(path));
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|types|config))?\.(ts|mjs|js)$/;
    const faulty = code.filter((path) => {
      const name = path.split('/').at(-1) ?? '';
      return !kebab.test(name) || /(^|-)(utils?|helpers?|manager|misc|common)(-|\.)/.test(name);
    });
    expect(faulty).toEqual([]);
  });
});

describe('the project', () => {
  const own = fileURLToPath(import.meta.url);
  const written = [
    ...['src', 'test', 'docs', 'examples', 'bench', '.ci'].flatMap(filesOf),
    ...['README.md', 'CHANGELOG.md', 'package.json'].filter((path) => existsSync(join(root, path))),
  ].filter((path) => join(root, path) !== own && /(\.(ts|mjs|js|md|json|jsonl|html|css|sh|py)|\/run)$/.test(path));

  it.each([
    ['work left for later', /\b(TODO|FIXME|XXX|HACK)\b|\b[Nn]ot (yet )?implemented\b/],
    ['tests that are left out or run alone', /\b(it|test|describe)\.(only|todo)\b|\b(it|test)\.skip\(/],
    ['silenced compilers', /@ts-(ignore|nocheck|expect-error)/],
    ['paths of the machine it was written on', /(^|[\s'"`(=:])\/work\/|\.\.\/shared\//m],
  ])('holds no %s', (_what, pattern) => {
    expect(written.filter((path) => pattern.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it('pins every dependency to one version', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    const ranges = ['dependencies', 'devDependencies'].flatMap((group) =>
      Object.entries(manifest[group] ?? {}).filter(
        ([, version]) => !/^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
      ),
    );
    expect(ranges).toEqual([]);
  });

  it('locks packages to the public registry', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    const places = [...lock.matchAll(/"resolved":\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(places.filter((place) => !place.startsWith('https://registry.npmjs.org/'))).toEqual([]);
    expect(lock).not.toMatch(/"(link|inBundle)":\s*true/);
  });
});

describe('the documents', () => {
  it('tell every error code, and no other', () => {
    const codes = membersOf('src/domain/errors.ts', 'ErrorCode', null);
    expect(codes).toContain('not_found');
    const ofRuns = ['error_loop', 'worker_lost', 'cancelled'];
    expect(firstColumn('docs/errors.md').sort()).toEqual([...codes, ...ofRuns].sort());
    expect(readFileSync(join(root, 'src/domain/run.ts'), 'utf8')).toContain(
      `code: ErrorCode | ${ofRuns.map((code) => `'${code}'`).join(' | ')};`,
    );
  });

  it('tell the status that each face gives to a code', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    const told = [...text.matchAll(/^\| `([a-z_]+)` \| (\d+) \| (\d+) \|/gm)].map((row) => row.slice(1, 4).join(' '));
    const given = membersOf('src/domain/errors.ts', 'ErrorCode', null).map((code) => {
      const error = new AppError(code as ErrorCode, 'It went wrong.');
      return `${code} ${statusOf(error.code)} ${toAnswer(error).status}`;
    });
    expect(told.sort()).toEqual(given.sort());
  });

  it('tell every event of a run, and no other', () => {
    const types = membersOf('src/domain/event.ts', 'RunFact', 'type');
    expect(types).toContain('text-delta');
    const statuses = ['queued', 'in_progress', 'requires_action', 'cancelling'];
    const told = firstColumn('docs/events.md').filter((name) => !statuses.includes(name));
    expect(told.sort()).toEqual(types.sort());
  });

  it('link only to files that are there', () => {
    const documents = [...filesOf('docs'), 'README.md', 'CHANGELOG.md'].filter(
      (path) => path.endsWith('.md') && existsSync(join(root, path)),
    );
    const broken = documents.flatMap((path) => {
      const links = readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g);
      return [...links].flatMap(([, link]) =>
        existsSync(resolve(root, dirname(path), link ?? '')) ? [] : [`${path} links to ${link}`],
      );
    });
    expect(broken).toEqual([]);
  });
});
