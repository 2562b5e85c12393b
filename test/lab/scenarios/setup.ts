import type { Bench, Scenario, Vantage } from '../bench.js';
import type { Block } from '../address.js';
import { listenDeaf, sendRaw } from '../raw.js';
import { SYN, synOptions } from '../../traffic/frame.js';
import { companion } from './exchange.js';

const beforeFar: readonly Vantage[] = ['client', 'line'];

type FailsAtOnce = 'refused' | 'rejected-on-path' | 'no-answer';

/** Attempts that fail at once; the program tries again a few times. */
async function tryClosedPort(bench: Bench, block: Block, port: number, cause: FailsAtOnce) {
  for (let left = bench.random.int(1, 4); left > 0; left--) {
    const tuple = bench.tuple(bench.server(block), port);
    bench.truth(tuple, cause);
    await bench.connect(tuple);
    await bench.sleep(bench.random.spread(1, 150));
  }
}

/** SYNs go out and nothing comes back; the client gives up after a while. */
async function waitInVain(bench: Bench, block: Block): Promise<void> {
  const tuple = bench.tuple(bench.server(block), bench.guardedPort());
  bench.truth(tuple, 'no-answer');
  const client = await bench.connect(tuple, false);
  await bench.sleep(bench.random.int(400, 3600));
  client.close();
}

export const setupScenarios: readonly Scenario[] = [
  {
    name: 'refused',
    async run(bench) {
      if (bench.random.chance(0.6)) {
        await companion(bench, bench.server());
      }
      await tryClosedPort(bench, 'server', bench.openPort() + 1, 'refused');
    },
  },
  {
    name: 'reject-by-host-firewall',
    async run(bench) {
      if (bench.random.chance(0.5)) {
        await companion(bench, bench.server('rejectHost'));
      }
      await tryClosedPort(bench, 'rejectHost', bench.guardedPort(), 'refused');
    },
  },
  {
    name: 'reject-by-near-router',
    vantages: ['client'],
    async run(bench) {
      await companion(bench, bench.server('rejectNear'));
      await tryClosedPort(bench, 'rejectNear', bench.guardedPort(), 'rejected-on-path');
    },
  },
  {
    name: 'reject-by-far-router',
    vantages: beforeFar,
    async run(bench) {
      await companion(bench, bench.server('rejectFar'));
      await tryClosedPort(bench, 'rejectFar', bench.guardedPort(), 'rejected-on-path');
    },
  },
  {
    name: 'icmp-of-near-router',
    vantages: ['client'],
    run: (bench) => tryClosedPort(bench, 'tellNear', bench.guardedPort(), 'rejected-on-path'),
  },
  {
    name: 'icmp-of-far-router',
    vantages: beforeFar,
    run: (bench) => tryClosedPort(bench, 'tellFar', bench.guardedPort(), 'rejected-on-path'),
  },
  {
    name: 'icmp-of-host-firewall',
    async run(bench) {
      if (bench.family === 6) {
        // Linux sends ICMPv6 from the address that was meant only where it is one of its own, not of a network routed to it.
        bench.world.server.ip([`address add ${bench.server('tellHost')}/128 dev lo nodad`]);
      }
      await tryClosedPort(bench, 'tellHost', bench.guardedPort(), 'refused');
    },
  },
  {
    name: 'no-route-to-host',
    vantages: beforeFar,
    run: (bench) => tryClosedPort(bench, 'nowhere', bench.guardedPort(), 'no-answer'),
  },
  {
    name: 'drop-by-router',
    vantages: beforeFar,
    run: (bench) => waitInVain(bench, 'dropFar'),
  },
  { name: 'drop-by-host', run: (bench) => waitInVain(bench, 'dropHost') },
  {
    name: 'replies-dropped',
    vantages: ['line', 'server'],
    async run(bench) {
      const port = bench.guardedPort();
      await bench.listen(bench.server('dropReplies'), port, () => undefined);
      const tuple = bench.tuple(bench.server('dropReplies'), port);
      bench.truth(tuple, 'half-open');
      const client = await bench.connect(tuple, false);
      await bench.sleep(bench.random.int(300, 3500));
      client.close();
    },
  },
  {
    name: 'half-open-flood',
    lossless: true,
    vantages: ['line', 'server'],
    finding: 'half-open-flood',
    async run(bench) {
      const port = bench.openPort();
      const server = bench.server();
      await bench.listen(server, port, () => undefined);
      for (let left = bench.random.int(12, 30); left > 0; left--) {
        const tuple = bench.tuple(server, port, bench.client('mute'));
        bench.truth(tuple, 'half-open');
        const { random } = bench;
        await sendRaw(bench.world.near, [
          {
            source: tuple.client,
            destination: server,
            sourcePort: tuple.clientPort,
            destinationPort: port,
            sequence: random.int(1, 0xfffffff),
            flags: SYN,
            options: synOptions,
            ttl: random.int(40, 120),
            id: random.int(1, 65535),
          },
        ]);
        await bench.sleep(random.int(0, 20));
      }
      await bench.sleep(bench.random.int(200, 1500));
    },
  },
  {
    name: 'setup-aborted-by-client',
    lossless: true,
    async run(bench) {
      const port = bench.guardedPort();
      const server = bench.server('dropFirstReplies');
      await bench.listen(server, port, () => undefined);
      const tuple = bench.tuple(server, port);
      bench.truth(tuple, 'setup-aborted');
      const begin = performance.now();
      const client = await bench.connect(tuple, false);
      await bench.sleep(bench.random.int(250, 800));
      if (performance.now() - begin > 900) {
        throw new Error('the machine was too busy to give up in time');
      }
      client.close();
      // The server sends its SYN+ACK again after a second; nobody waits for it any more.
      await bench.sleep(1300);
    },
    // Behind the router that drops, the first SYN+ACK is not seen; before it, both are.
  },
  {
    name: 'backlog-overflow',
    lossless: true,
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const server = bench.server();
      const backlog = random.int(0, 2);
      bench.defer(await listenDeaf(bench.world.server, server, port, backlog));
      const room = backlog + 1;
      const clients = room + random.int(1, 4);
      for (let i = 0; i < clients; i++) {
        const tuple = bench.tuple(server, port);
        bench.truth(tuple, i < room ? null : 'no-answer');
        const client = await bench.connect(tuple, i < room);
        await bench.sleep(random.int(5, 40));
        if (i >= room) {
          setTimeout(() => client.close(), random.int(600, 3300));
        }
      }
      await bench.sleep(3400);
    },
  },
];
