import type { Scenario } from '../bench.js';
import { forgetSeconds } from '../world.js';
import { exchanges } from './exchange.js';

export const idleScenarios: readonly Scenario[] = [
  {
    name: 'firewall-forgets-and-rejects',
    vantages: ['client', 'line', 'server'],
    async run(bench) {
      const { random } = bench;
      // The router stands between client and line: what the client sends is answered there, unseen behind it.
      const clientSpeaks = bench.vantage === 'client';
      const { tuple, client, server } = await bench.pair('forgetReject');
      bench.truth(tuple, 'idle-timeout');
      await exchanges(bench, client, server, 1, 4);
      await bench.sleep(forgetSeconds * 1000 + random.int(300, 2500));
      const speaker = clientSpeaks ? client : server;
      await speaker.send(random.spread(50, 2000));
      await bench.over(speaker);
    },
  },
  {
    name: 'firewall-forgets-and-drops',
    vantages: ['client', 'line'],
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair('forgetDrop');
      bench.truth(tuple, 'idle-timeout');
      await exchanges(bench, client, server, 1, 4);
      await bench.sleep(forgetSeconds * 1000 + random.int(300, 2500));
      await client.send(random.spread(50, 2000));
      await bench.sleep(random.int(2500, 4500));
      if (random.chance(0.6)) {
        client.reset();
      }
    },
  },
  {
    name: 'proxy-resets-when-idle',
    async run(bench) {
      const { random } = bench;
      const timeout = random.int(2000, 5000);
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'idle-timeout');
      await exchanges(bench, client, server, 1, 4);
      await bench.sleep(timeout);
      server.reset();
      await bench.over(client);
    },
  },
  {
    name: 'server-tired-of-waiting',
    async run(bench) {
      // Connected in advance, for a request that never comes; the server closes when its patience is at an end.
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'idle-timeout');
      client.read();
      server.read();
      await bench.sleep(random.int(7000, 10_000));
      if (random.chance(0.5)) {
        server.reset();
        await bench.over(client);
        return;
      }
      server.end();
      await client.gotEnd();
      client.end();
      await server.gotEnd();
    },
  },
];
