import { execFileSync } from 'node:child_process';
import type { Scenario } from '../bench.js';
import { loseState } from '../raw.js';
import { exchanges, sendInPieces } from './exchange.js';

export const deadScenarios: readonly Scenario[] = [
  {
    name: 'host-gone-and-back',
    vantages: ['client', 'line'],
    async run(bench) {
      const { random, world, family, instance } = bench;
      const host = world.mortal(family, instance);
      const { tuple, client, server } = await bench.pair('mortal', bench.openPort(), host);
      bench.truth(tuple, 'dead-peer');
      await exchanges(bench, client, server, 1, 3);
      // Off the wire first, so that no FIN of the dying host gets out.
      execFileSync('ip', ['-n', host.name, 'link', 'del', 'uplink']);
      server.close();
      host.remove();
      await bench.sleep(random.spread(20, 500));
      if (random.chance(0.5)) {
        await client.send(random.spread(50, 2000));
        await bench.sleep(random.spread(20, 400));
      }
      const back = world.mortal(family, instance);
      bench.defer(() => back.remove());
      await client.send(random.spread(50, 2000));
      await bench.over(client);
    },
  },
  {
    name: 'state-lost-while-idle',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'dead-peer');
      await exchanges(bench, client, server, 1, 4);
      const [lost, other] = random.chance(0.75) ? [server, client] : [client, server];
      loseState(lost);
      await bench.sleep(random.spread(50, 3500));
      await other.send(random.spread(50, 2000));
      await bench.over(other);
    },
  },
  {
    name: 'state-lost-during-transfer',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'dead-peer');
      client.read();
      server.read();
      const upload = random.chance(0.6);
      const [sender, receiver] = upload ? [client, server] : [server, client];
      if (!upload) {
        await client.send(200);
        await server.got(200);
      }
      void sendInPieces(bench, sender, 1000, random.spread(1_000, 40_000), random.int(1, 15));
      await bench.sleep(random.spread(100, 700));
      loseState(receiver);
      await bench.over(sender);
    },
  },
  {
    name: 'host-gone-for-good',
    vantages: ['client', 'line'],
    async run(bench) {
      const { random, world, family, instance } = bench;
      const host = world.mortal(family, instance);
      const { tuple, client, server } = await bench.pair('mortal', bench.openPort(), host);
      bench.truth(tuple, 'dead-peer');
      await exchanges(bench, client, server, 1, 3);
      void sendInPieces(bench, client, 60, random.spread(200, 3_000), random.int(10, 60));
      await bench.sleep(random.spread(50, 300));
      execFileSync('ip', ['-n', host.name, 'link', 'del', 'uplink']);
      server.close();
      host.remove();
      await bench.sleep(random.int(2500, 5000) + 8 * bench.roundTrip());
      if (random.chance(0.5)) {
        client.reset();
      }
    },
  },
];
