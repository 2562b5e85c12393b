import type { Scenario } from '../bench.js';
import { exchange, exchanges } from './exchange.js';

export const normalScenarios: readonly Scenario[] = [
  {
    name: 'client-closes',
    async run(bench) {
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'normal');
      await exchanges(bench, client, server);
      await bench.sleep(bench.random.spread(1, 400));
      client.end();
      await server.gotEnd();
      server.end();
      await client.gotEnd();
    },
  },
  {
    name: 'server-closes',
    async run(bench) {
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'normal');
      await exchanges(bench, client, server, 1, 3);
      await bench.sleep(bench.random.chance(0.6) ? 0 : bench.random.spread(1, 900));
      server.end();
      await client.gotEnd();
      await bench.sleep(bench.random.chance(0.6) ? 0 : bench.random.spread(1, 300));
      client.end();
      await server.gotEnd();
    },
  },
  {
    name: 'both-close-at-once',
    async run(bench) {
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'normal');
      await exchanges(bench, client, server);
      client.end();
      server.end();
      await Promise.all([client.gotEnd(), server.gotEnd()]);
    },
  },
  {
    name: 'half-close-used-well',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'normal');
      client.read();
      server.read();
      await client.send(random.spread(40, 30_000));
      client.end();
      await server.gotEnd();
      await bench.sleep(random.spread(1, 700));
      await server.send(random.spread(100, 200_000));
      server.end();
      await client.gotEnd();
    },
  },
  {
    name: 'banner-then-client-closes',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair('server', random.pick([21, 22, 25]));
      bench.truth(tuple, 'normal');
      client.read();
      server.read();
      const banner = random.spread(20, 200);
      await server.send(banner);
      await client.got(banner);
      if (random.chance(0.5)) {
        await exchange(bench, client, server);
      }
      client.end();
      await server.gotEnd();
      server.end();
      await client.gotEnd();
    },
  },
  {
    name: 'large-transfer',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'normal');
      client.read();
      server.read();
      const size = random.spread(100_000, 600_000);
      const [from, to] = random.chance(0.5) ? [client, server] : [server, client];
      if (from === server) {
        await client.send(200);
        await server.got(200);
      }
      void from.send(size);
      from.end();
      await to.gotEnd();
      if (to === server) {
        await server.send(120);
      }
      to.end();
      await from.gotEnd();
    },
  },
  {
    name: 'idle-process-killed',
    async run(bench) {
      // Its kernel closes the sockets of a dead process as close() would: on the wire this is an orderly end.
      const { random } = bench;
      const port = bench.openPort();
      const send = random.spread(50, 2000);
      const request = random.spread(40, 900);
      const role = { role: 'server', host: bench.server(), port, send, read: true, hear: request };
      const child = await bench.process(bench.world.server, role);
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      // What it has not read makes a RST of its kernel's close: it is idle when it has.
      const heard = new Promise((resolve) => child.stdout?.once('data', resolve));
      const tuple = bench.tuple(bench.server(), port);
      bench.truth(tuple, 'normal');
      const client = (await bench.connect(tuple)).read();
      await client.send(request);
      await client.got(send);
      await heard;
      await bench.sleep(random.spread(50, 900));
      child.kill('SIGKILL');
      await client.gotEnd();
      client.end();
      await bench.sleep(100);
    },
  },
  {
    name: 'half-close-kept-open',
    async run(bench) {
      const { random } = bench;
      const { tuple, client, server } = await bench.pair();
      bench.truth(tuple, 'half-closed');
      await exchanges(bench, client, server, 1, 3);
      const leaver = random.chance(0.7) ? client : server;
      leaver.end();
      await (leaver === client ? server : client).gotEnd();
      await bench.sleep(random.int(400, 2500));
    },
  },
];
