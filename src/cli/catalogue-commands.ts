import { Argument, Option, type Command } from 'commander';
import { z } from 'zod';
import { loadConfig } from '../config.js';
import { AppError } from '../domain/errors.js';
import {
  add,
  added,
  addTool,
  deleted,
  list,
  listed,
  read,
  remove,
  removeAgentOfUser,
  textOfFile,
  type Added,
  type Deleted,
  type Listed,
} from './catalogue.js';
import { withHouse } from './house-client.js';
import type { ProgramContext } from './program.js';

const userReply = z.object({ id: z.string(), name: z.string() });
const keyReply = z.object({ id: z.string(), key: z.string(), name: z.string() });

/** The commands for what a server keeps: agents, humans, personas, presets, sources, tools, users and keys. */
export function addCatalogue(program: Command, context: ProgramContext): void {
  addLists(program, context);
  addTools(program, context);
  addUsers(program, context);
  addKeys(program, context);
  program
    .command('folder')
    .description('print where the data lie')
    .action(() => {
      context.terminal.print(loadConfig({ refuseOwnUpstream: false }).home);
      context.onExit(0);
    });
}

function addLists(program: Command, { terminal, onExit }: ProgramContext): void {
  program
    .command('list')
    .description(`list ${listed.join(', ')}`)
    .addArgument(new Argument('<what>', 'what to list').choices(listed))
    .action(async (what: Listed) => {
      await withHouse((client) => list(client, what, terminal));
      onExit(0);
    });
  program
    .command('add')
    .description('keep a text as a human or a persona; one of its name is written anew')
    .addArgument(new Argument('<kind>', 'what to add').choices(added))
    .requiredOption('--name <name>', 'its name')
    .option('--text <text>', 'the text')
    .option('-f, --filename <path>', 'a file that holds the text')
    .action(async (kind: Added, flags: { name: string; text?: string; filename?: string }) => {
      const text = flags.text ?? (flags.filename === undefined ? null : textOfFile(flags.filename));
      if (text === null) throw new AppError('invalid_request', 'Give the text with --text, or a file with -f.');
      await withHouse((client) => add(client, kind, flags.name, text));
      terminal.print(`The ${kind} ${flags.name} is kept.`);
      onExit(0);
    });
  program
    .command('delete')
    .description(`delete one of ${deleted.join(', ')} by its name`)
    .addArgument(new Argument('<kind>', 'what to delete').choices(deleted))
    .argument('<name>', 'its name')
    .action(async (kind: Deleted, name: string) => {
      await withHouse((client) => remove(client, kind, name));
      terminal.print(`The ${kind} ${name} is deleted.`);
      onExit(0);
    });
  program
    .command('delete-agent')
    .description('delete an agent and what it remembers')
    .requiredOption('--agent-name <name>', 'name of the agent')
    .option('--user-id <id>', 'whose agent it is (the default user)')
    .action(async ({ agentName, userId }: { agentName: string; userId?: string }) => {
      await withHouse((client) => removeAgentOfUser(client, agentName), userId ?? null);
      terminal.print(`The agent ${agentName} is deleted.`);
      onExit(0);
    });
}

function addTools(program: Command, { terminal, onExit }: ProgramContext): void {
  program
    .command('list-tools')
    .description('list tools')
    .action(async () => {
      await withHouse((client) => list(client, 'tools', terminal));
      onExit(0);
    });
  program
    .command('add-tool')
    .description('keep the source of a Python tool, which is shown and never run')
    .requiredOption('--filename <path>', 'the file with the source')
    .option('--name <name>', 'name of the function, where it is not the last one of the file')
    .option('--tags <tag...>', 'words to sort tools by')
    .addOption(new Option('--update', 'write a tool of that name anew').default(true))
    .option('--no-update', 'refuse a name that is taken')
    .action(async (flags: { filename: string; name?: string; tags?: string[]; update: boolean }) => {
      const name = await withHouse((client) => addTool(client, flags));
      terminal.print(`The tool ${name} is kept. Its source is not run here.`);
      onExit(0);
    });
}

function addUsers(program: Command, { terminal, onExit }: ProgramContext): void {
  const users = program.command('users').description('list, create and delete users');
  users
    .command('list')
    .description('list users')
    .action(async () => {
      await withHouse((client) => list(client, 'users', terminal));
      onExit(0);
    });
  users
    .command('create')
    .description('create a user with a first key, which is shown this once')
    .option('--name <name>', 'name of the user (a random one)')
    .action(async ({ name }: { name?: string }) => {
      await withHouse(async (client) => {
        const user = read(userReply, await client.json('POST', '/v1/admin/users', { name: name ?? null }));
        const body = { user_id: user.id, name: 'first key' };
        const key = read(keyReply, await client.json('POST', '/v1/admin/users/keys', body));
        terminal.print(`User ${user.id} (${user.name})`);
        terminal.print(`Key  ${key.key}`);
      });
      onExit(0);
    });
  users
    .command('delete')
    .description('delete a user with all agents, memories and keys')
    .argument('<user-id>', 'id of the user')
    .action(async (id: string) => {
      await withHouse((client) => client.json('DELETE', `/v1/admin/users?user_id=${encodeURIComponent(id)}`));
      terminal.print(`The user ${id} is deleted.`);
      onExit(0);
    });
}

function addKeys(program: Command, { terminal, onExit }: ProgramContext): void {
  const keys = program.command('keys').description('list, create and delete API keys');
  keys
    .command('list')
    .description("list a user's keys, as far as they can be shown")
    .requiredOption('--user-id <id>', 'whose keys')
    .action(async ({ userId }: { userId: string }) => {
      const path = `/v1/admin/users/keys?user_id=${encodeURIComponent(userId)}`;
      const found = read(z.array(keyReply), await withHouse((client) => client.json('GET', path)));
      if (found.length === 0) terminal.print('There are no keys.');
      for (const key of found) terminal.print(`${key.id}  ${key.key}  ${terminal.dim(key.name)}`);
      onExit(0);
    });
  keys
    .command('create')
    .description('create a key, which is shown this once')
    .requiredOption('--user-id <id>', 'whose key it is to be')
    .option('--name <name>', 'a word to tell it by')
    .action(async ({ userId, name }: { userId: string; name?: string }) => {
      const body = { user_id: userId, name: name ?? null };
      const made = await withHouse((client) => client.json('POST', '/v1/admin/users/keys', body));
      terminal.print(read(keyReply, made).key);
      onExit(0);
    });
  keys
    .command('delete')
    .description('withdraw a key')
    .argument('<key>', 'the key, or its id from the list')
    .action(async (key: string) => {
      await withHouse((client) => client.json('DELETE', `/v1/admin/users/keys?api_key=${encodeURIComponent(key)}`));
      terminal.print('The key is withdrawn.');
      onExit(0);
    });
}
