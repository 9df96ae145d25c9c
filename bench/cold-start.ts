import { freePort, startServer, type Server } from './support/processes.js';
import { inMs, inTimes, type Section } from './support/report.js';
import { startThreadkeeper, temporaryFolder } from './support/servers.js';
import { spreadOf } from './support/statistics.js';

const starts = 9;

/** How long a server takes from its start to its first answer, against the least that Express can be. */
export async function measureColdStart(): Promise<Section[]> {
  const folder = temporaryFolder();
  const bare: number[] = [];
  const first: number[] = [];
  const later: number[] = [];
  try {
    for (let start = 0; start < starts; start += 1) {
      bare.push(await timeOf(startListener(folder.path)));
      first.push(await timeOf(startThreadkeeper(folder.path, `home-${start}`, {})));
      later.push(await timeOf(startThreadkeeper(folder.path, `home-${start}`, {})));
    }
  } finally {
    folder.close();
  }
  return [{ title: 'Cold start', explanation, rows: toRows({ bare, first, later }) }];
}

const explanation =
  `From the start of the process to the first 200 of \`/health\`; ${starts} starts of each in turn. The bare server is ` +
  'one Express route and `listen`. The first start makes the database, later ones open it.';

async function timeOf(starting: Promise<Server>): Promise<number> {
  const server = await starting;
  await server.stop();
  return server.startMs;
}

async function startListener(folder: string): Promise<Server> {
  const port = await freePort();
  return startServer({ args: ['bench/support/bare-listen.mjs', String(port)], port, folder });
}

function toRows({ bare, first, later }: Record<'bare' | 'first' | 'later', number[]>): string[][] {
  const base = spreadOf(bare);
  const row = (name: string, times: number[]): string[] => {
    const { median, max } = spreadOf(times);
    return [name, inMs(median), inMs(max), inTimes(median, base.median)];
  };
  return [
    ['server', 'median', 'slowest', 'ratio'],
    row('bare Express', bare),
    row('Threadkeeper, first start', first),
    row('Threadkeeper, later start', later),
  ];
}
