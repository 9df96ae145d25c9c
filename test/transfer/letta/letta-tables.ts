import { randomUUID } from 'node:crypto';
import type { OldTables } from './old-database.js';

const id = (kind: string): string => `${kind}-${randomUUID()}`;
const at = (second: number): string => `2025-02-03 10:00:${String(second).padStart(2, '0')}`;
const model = { model: 'gpt-4o', model_endpoint_type: 'openai', context_window: 32_000, temperature: 0.5 };
const embedding = { embedding_model: 'letta-free', embedding_dim: 1024 };

const toolCall = (callId: string, name: string, values: object) => {
  return { id: callId, type: 'function', function: { name, arguments: JSON.stringify(values) } };
};

/** A made-up database of Letta 0.4: the memory of an agent is a document of its row. */
export function earlyTables() {
  const agentId = id('agent');
  const messageIds = Array.from({ length: 3 }, () => id('message'));
  const passageId = id('passage');
  const user = 'user-00000000';
  const head = { user_id: user, agent_id: agentId };
  const tables: OldTables = {
    users: {
      columns: { id: 'text', org_id: 'text', name: 'text', created_at: 'time', policies_accepted: 'flag' },
      rows: [{ id: user, org_id: 'org-00000000', name: 'default', created_at: at(0), policies_accepted: false }],
    },
    agents: {
      columns: {
        ...{ id: 'text', user_id: 'text', name: 'text', created_at: 'time', description: 'text', message_ids: 'json' },
        ...{ memory: 'json', system: 'text', tools: 'json', llm_config: 'json', embedding_config: 'json' },
        metadata_: 'json',
      },
      rows: [
        {
          ...{ id: agentId, user_id: user, name: 'Early', created_at: at(0), system: 'Be early.' },
          ...{ message_ids: messageIds, tools: ['send_message', 'fly'], llm_config: model },
          ...{ embedding_config: embedding, metadata_: { colour: 'red', deep: { is: true } } },
          memory: {
            memory: {
              persona: { value: 'I am early.', limit: 2000, name: 'persona', label: 'persona', template: false },
              plans: { value: 'Catch the worm.', limit: 10, label: 'plans', template: false },
            },
            prompt_template: '{% for block in memory.values() %}{{ block.value }}{% endfor %}',
          },
        },
      ],
    },
    messages: {
      columns: {
        ...{ id: 'text', user_id: 'text', agent_id: 'text', role: 'text', text: 'text', model: 'text', name: 'text' },
        ...{ tool_calls: 'json', tool_call_id: 'text', created_at: 'time' },
      },
      rows: [
        { ...head, id: messageIds[0], role: 'system', text: 'Be early.', created_at: at(0) },
        // Both of one second: the result stands first, by its id or by chance, and belongs behind its call.
        {
          ...{ ...head, id: messageIds[2], role: 'tool', name: 'fly', tool_call_id: 'c1', created_at: at(1) },
          text: '{"status": "Failed", "message": "No wings", "time": "now"}',
        },
        {
          ...{ ...head, id: messageIds[1], role: 'assistant', text: 'Up!', created_at: at(1) },
          tool_calls: [toolCall('c1', 'fly', { high: true })],
        },
      ],
    },
    passages: {
      columns: {
        ...{ id: 'text', user_id: 'text', text: 'text', agent_id: 'text', source_id: 'text', created_at: 'time' },
      },
      rows: [
        { ...head, id: passageId, text: 'Worms are early too.', created_at: at(2) },
        { ...head, id: id('passage'), text: 'A copied chunk.', source_id: id('source'), created_at: at(2) },
      ],
    },
  };
  return { tables, agentId, messageIds, passageId };
}

/** A made-up database of a late Letta: everything in tables of its own, two users, a shared block, an archive. */
export function lateTables() {
  const [ana, ben] = [id('user'), id('user')];
  const organisation = id('org');
  const [first, second, third] = [id('agent'), id('agent'), id('agent')];
  const [shared, own] = [id('block'), id('block')];
  const archive = id('archive');
  const [tool, stock] = [id('tool'), id('tool')];
  const [source, file] = [id('source'), id('file')];
  const conversation = id('conv');
  const messages = Array.from({ length: 6 }, () => id('message'));
  const forked = id('message');
  const passage = id('passage');
  const agent = (agentId: string, owner: string, name: string, inView: string[]) => ({
    ...{ id: agentId, name, organization_id: organisation, _created_by_id: owner, agent_type: 'letta_v1_agent' },
    ...{ system: `You are ${name}.`, message_ids: inView, llm_config: model, embedding_config: embedding },
    ...{ created_at: at(0), timezone: 'Europe/Berlin', is_deleted: false, metadata_: null },
    tool_rules: [
      { type: 'run_first', tool_name: 'look' },
      { type: 'of_the_future', tool_name: 'look' },
    ],
  });
  const message = (index: number, fields: object) => ({
    ...{ id: messages[index], agent_id: first, organization_id: organisation, sequence_id: index + 10 },
    ...{ created_at: at(30 - index), tool_calls: [], ...fields },
  });
  const tables: OldTables = {
    alembic_version: { columns: { version_num: 'text' }, rows: [{ version_num: '1c28e167b74f' }] },
    organizations: {
      columns: { id: 'text', name: 'text', created_at: 'time' },
      rows: [{ id: organisation, name: 'Both', created_at: at(0) }],
    },
    users: {
      columns: { id: 'text', name: 'text', organization_id: 'text', created_at: 'time', is_deleted: 'flag' },
      rows: [ana, ben].map((user, index) => {
        return { id: user, name: ['Ana', 'Ben'][index], organization_id: organisation, created_at: at(index) };
      }),
    },
    providers: {
      columns: { id: 'text', name: 'text', api_key: 'text' },
      rows: [{ id: id('provider'), name: 'openai', api_key: 'sk-secret-provider' }],
    },
    agents: {
      columns: {
        ...{ id: 'text', name: 'text', organization_id: 'text', _created_by_id: 'text', agent_type: 'text' },
        ...{ system: 'text', message_ids: 'json', llm_config: 'json', embedding_config: 'json', created_at: 'time' },
        ...{ timezone: 'text', is_deleted: 'flag', metadata_: 'json', tool_rules: 'json' },
      },
      rows: [
        agent(first, ana, 'Late', [messages[0], messages[2], messages[3], messages[4]].map(String)),
        agent(second, ben, 'Later', ['message-that-is-gone']),
        agent(third, ana, 'Latest', []),
      ],
    },
    agents_tags: {
      columns: { agent_id: 'text', tag: 'text' },
      rows: [first, first].map((agentId) => ({ agent_id: agentId, tag: 'blue' })),
    },
    block: {
      columns: {
        ...{ id: 'text', value: 'text', limit: 'integer', label: 'text', description: 'text', is_template: 'flag' },
        ...{ read_only: 'flag', created_at: 'time', _created_by_id: 'text' },
      },
      rows: [
        { id: shared, value: 'We both know.', limit: 500, label: 'common', is_template: false, created_at: at(0) },
        { id: own, value: 'Only I.', limit: 500, label: 'persona', read_only: true, created_at: at(0) },
        { id: id('block'), value: 'A pirate.', label: 'persona', is_template: true, _created_by_id: ana },
      ],
    },
    blocks_agents: {
      columns: { agent_id: 'text', block_id: 'text', block_label: 'text' },
      rows: [
        { agent_id: first, block_id: shared, block_label: 'common' },
        { agent_id: first, block_id: own, block_label: 'persona' },
        { agent_id: second, block_id: shared, block_label: 'common' },
        { agent_id: third, block_id: shared, block_label: 'common' },
        { agent_id: second, block_id: id('block'), block_label: 'gone' },
      ],
    },
    tools: {
      columns: {
        ...{ id: 'text', name: 'text', source_type: 'text', source_code: 'text', json_schema: 'json', tags: 'json' },
        ...{ tool_type: 'text', _created_by_id: 'text' },
      },
      rows: [
        {
          ...{ id: tool, name: 'look', source_type: 'python', source_code: 'def look(): ...', tool_type: 'custom' },
          ...{ tags: [], json_schema: { name: 'look', description: 'Looks.', parameters: {} }, _created_by_id: ana },
        },
        { id: stock, name: 'memory_replace', tool_type: 'letta_core', tags: ['letta_core'], json_schema: {} },
      ],
    },
    tools_agents: {
      columns: { agent_id: 'text', tool_id: 'text' },
      rows: [tool, stock].map((toolId) => ({ agent_id: first, tool_id: toolId })),
    },
    messages: {
      columns: {
        ...{ id: 'text', agent_id: 'text', organization_id: 'text', role: 'text', text: 'text', content: 'json' },
        ...{ name: 'text', tool_calls: 'json', tool_call_id: 'text', tool_returns: 'json', sequence_id: 'integer' },
        ...{ created_at: 'time', conversation_id: 'text', approvals: 'json' },
      },
      rows: [
        message(0, { role: 'system', content: [{ type: 'text', text: 'You are Late.' }] }),
        message(1, {
          role: 'user',
          content: [{ type: 'text', text: '{"type":"user_message","message":"Old","time":"x"}' }],
        }),
        message(2, { role: 'summary', content: [{ type: 'text', text: 'Somebody said something old.' }] }),
        message(3, {
          ...{ role: 'approval', tool_calls: [toolCall('t1', 'look', {}), toolCall('t2', 'look', { far: 1 })] },
          content: [{ type: 'reasoning', is_native: true, reasoning: 'Better look twice.' }],
        }),
        message(4, {
          role: 'tool',
          tool_returns: [
            { status: 'success', tool_call_id: 't1', func_response: 'A tree' },
            { status: 'error', tool_call_id: 't2', func_response: 'Fog' },
          ],
        }),
        message(5, {
          ...{ role: 'assistant', conversation_id: conversation },
          content: [{ type: 'text', text: 'Said elsewhere.' }],
        }),
        { ...message(5, { role: 'user', text: 'Ben asks.' }), id: forked, agent_id: second, sequence_id: 99 },
      ],
    },
    conversations: {
      columns: { id: 'text', agent_id: 'text', created_at: 'time' },
      rows: [{ id: conversation, agent_id: first, created_at: at(40) }],
    },
    conversation_messages: {
      columns: {
        ...{ id: 'text', conversation_id: 'text', message_id: 'text', position: 'integer', in_context: 'flag' },
      },
      rows: [messages[2], messages[5]].map((messageId, position) => {
        return { id: id('conv_msg'), conversation_id: conversation, message_id: messageId, position, in_context: true };
      }),
    },
    archives: {
      columns: { id: 'text', name: 'text', organization_id: 'text' },
      rows: [{ id: archive, name: 'Shared', organization_id: organisation }],
    },
    archives_agents: {
      columns: { agent_id: 'text', archive_id: 'text', is_owner: 'flag' },
      rows: [first, second].map((agentId) => ({ agent_id: agentId, archive_id: archive, is_owner: agentId === first })),
    },
    archival_passages: {
      columns: {
        ...{ id: 'text', archive_id: 'text', text: 'text', embedding: 'bytes', tags: 'json', metadata_: 'json' },
        created_at: 'time',
      },
      rows: [
        {
          ...{ id: passage, archive_id: archive, text: 'Kept\tby both.', tags: ['kept'], metadata_: {} },
          ...{ embedding: Buffer.alloc(4096 * 4), created_at: at(3) },
        },
      ],
    },
    sources: {
      columns: { id: 'text', name: 'text', description: 'text', created_at: 'time', _created_by_id: 'text' },
      rows: [{ id: source, name: 'papers', created_at: at(1), _created_by_id: ana }],
    },
    files: {
      columns: { id: 'text', source_id: 'text', file_name: 'text', original_file_name: 'text', created_at: 'time' },
      rows: [{ id: file, source_id: source, file_name: 'x.pdf', original_file_name: 'paper.pdf', created_at: at(1) }],
    },
    file_contents: {
      columns: { id: 'text', file_id: 'text', text: 'text' },
      rows: [{ id: id('file_content'), file_id: file, text: 'A whole paper.' }],
    },
    source_passages: {
      columns: { id: 'text', source_id: 'text', file_id: 'text', text: 'text', created_at: 'time' },
      rows: ['A whole', 'paper.'].map((text, index) => {
        return { id: id('passage'), source_id: source, file_id: file, text, created_at: at(index) };
      }),
    },
    sources_agents: {
      columns: { agent_id: 'text', source_id: 'text' },
      rows: [{ agent_id: first, source_id: source }],
    },
  };
  return { tables, ana, ben, first, second, third, messages, shared, conversation, passage, source, file };
}
