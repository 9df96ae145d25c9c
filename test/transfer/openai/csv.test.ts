import { describe, expect, it } from 'vitest';
import { readExport, type ExportFiles } from './support.js';

const head = 'thread_id,message_id,role,content,created_at,assistant_id';
const rows = [
  'thread_Garden,msg_two,assistant,"In May, or\nin ""June"".",1700000002,asst_Gardener',
  'thread_Garden,msg_one,user,When?,1700000001,',
];
const talk = [
  ['user', 'When?'],
  ['assistant', 'In May, or\nin "June".'],
];

async function talkIn(files: ExportFiles): Promise<[string, string][]> {
  const { values } = await readExport(files);
  expect(values('conversation').map(({ id }) => id)).toEqual(['thread_Garden']);
  return values('message').map(({ role, parts: [part] }) => [role, part?.type === 'text' ? part.text : '']);
}

describe('a table of messages is read', () => {
  it.each<[string, ExportFiles]>([
    ['as scripts write it', { 'messages.csv': [head, ...rows].join('\n') }],
    ['with the ends of lines of Windows', { 'messages.csv': `\uFEFF${[head, ...rows].join('\r\n')}\r\n` }],
    [
      'with other marks between columns, other names and a column that nobody knows',
      {
        'export.csv': [
          'Row;Thread ID;Sender;Text;Timestamp',
          '1;thread_Garden;user;When?;2023-11-14 22:13:21',
          '2;thread_Garden;assistant;"In May, or\nin ""June"".";2023-11-14T22:13:22+00:00',
        ].join('\n'),
      },
    ],
    [
      'from a file that is named after its thread',
      { 'thread_Garden.tsv': 'role\tcontent\nuser\tWhen?\nassistant\t"In May, or\nin ""June""."\n' },
    ],
    [
      'with content as the API has it',
      {
        'messages.csv': `${head}\n${rows[1] ?? ''}\nthread_Garden,msg_two,assistant,"${JSON.stringify([
          { type: 'text', text: { value: 'In May, or\nin "June".', annotations: [] } },
        ]).replaceAll('"', '""')}",1700000002,`,
      },
    ],
  ])('%s', async (_shape, files) => {
    expect(await talkIn(files)).toEqual(talk);
  });

  it('under the ids of its messages, and with their times', async () => {
    const { values } = await readExport({ 'messages.csv': [head, ...rows].join('\n') });
    expect(values('message')).toMatchObject([
      { id: 'msg_one', createdAt: 1_700_000_001_000, agentId: null },
      { id: 'msg_two', createdAt: 1_700_000_002_000, agentId: 'asst_Gardener' },
    ]);
  });

  it('and any other table is none of it', async () => {
    const messages = { 'messages.csv': [head, ...rows].join('\n') };
    const knowledge = { 'staff.csv': 'name,role,text\nAda,engineer,Writes\n' };
    const { values, told } = await readExport({ ...messages, ...knowledge });
    expect(values('message')).toHaveLength(2);
    expect(told).toContain('Nothing in this file was recognised.');
    const alone = await readExport(knowledge);
    expect(alone.told[0]).toMatch(/^A table is read where its columns are those of messages/u);
  });

  it('whatever its cells hold, and however they are quoted', async () => {
    const cells = ['a "b" c', '""', 'x, y; z\t', 'line\r\nline\n', ''];
    const written = cells.map((cell, index) => `thread_Garden,user,"${cell.replaceAll('"', '""')}",${index}`);
    const plain = 'thread_Garden,user,5" of "rain",9';
    const { values } = await readExport({
      'm.csv': ['thread_id,role,content,created_at', ...written, plain].join('\n'),
    });
    const texts = values('message').map(({ parts: [part] }) => (part?.type === 'text' ? part.text : ''));
    expect(texts).toEqual([...cells, '5" of "rain"']);
  });

  it('but for a row that is larger than any, which is told and not held', async () => {
    const { told } = await readExport({ 'm.csv': `${head}\nthread_Garden,x,user,"${'x'.repeat(17 * 1024 * 1024)}"\n` });
    expect(told[0]).toBe('A row is larger than any that is read.');
  });

  it('up to where it is cut off, which is told with its line', async () => {
    const { values, problems } = await readExport({
      'messages.csv': `${head}\n${rows[1] ?? ''}\nthread_Garden,x,user,"Cut`,
    });
    expect(values('message')).toHaveLength(1);
    expect(problems).toMatchObject([{ severity: 'broken', place: { line: 3 } }, {}]);
  });
});
