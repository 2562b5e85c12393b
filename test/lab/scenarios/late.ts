import type { Scenario } from '../bench.js';
import { exchanges } from './exchange.js';

/** Milliseconds by which a timer may be late before the race is no race any more. */
const TOO_SLOW = 60;

export const lateScenarios: readonly Scenario[] = [
  {
    name: 'keepalive-race',
    lossless: true,
    async run(bench) {
      const { random, world } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'keepalive-race');
      await exchanges(bench, client, server, 1, 4);
      await bench.sleep(random.spread(100, 2500));
      // The request is on its way, or about to go, when the server closes.
      const oneWay = world.line.delayOf(bench.instance);
      const late = Math.round(oneWay * random.next() * 0.8) + (random.chance(0.3) ? random.int(0, 15) : 0);
      server.close();
      const closed = performance.now();
      await bench.sleep(late);
      if (performance.now() - closed > late + TOO_SLOW) {
        throw new Error('the machine was too busy for a race');
      }
      await client.send(random.spread(80, 2000));
      await bench.sleep(bench.roundTrip());
    },
  },
  {
    name: 'client-writes-to-a-closed-server',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'late-data');
      await exchanges(bench, client, server, 1, 3);
      await bench.sleep(random.chance(0.5) ? 0 : random.spread(10, 900));
      server.close();
      await bench.sleep(random.spread(500, 3000));
      await client.send(random.spread(10, 3000));
      await bench.sleep(bench.roundTrip());
    },
  },
  {
    name: 'server-writes-to-a-closed-client',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'late-data');
      await exchanges(bench, client, server, 1, 3);
      await bench.sleep(random.chance(0.5) ? 0 : random.spread(10, 900));
      client.close();
      await bench.sleep(random.spread(500, 3000));
      await server.send(random.spread(10, 3000));
      await bench.sleep(bench.roundTrip());
    },
  },
];
