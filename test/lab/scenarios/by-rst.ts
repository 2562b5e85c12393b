import type { Scenario } from '../bench.js';
import type { Peer } from '../peer.js';
import { exchanges } from './exchange.js';

/** Connections to one service that all end by RST as soon as the last response is complete. */
function always(name: string, who: 'client' | 'server'): Scenario {
  return {
    name,
    async run(bench) {
      const { random } = bench;
      const port = bench.openPort();
      const server = bench.server();
      let accepted: (peer: Peer) => void = () => undefined;
      await bench.listen(server, port, (peer) => accepted(peer));
      for (let left = random.int(1, 6); left > 0; left--) {
        const serverSide = new Promise<Peer>((resolve) => {
          accepted = resolve;
        });
        const tuple = bench.tuple(server, port);
        bench.truth(tuple, 'closes-by-rst');
        const client = await bench.connect(tuple);
        const other = await serverSide;
        await exchanges(bench, client, other, 1, 3);
        if (who === 'server') {
          // The response has to be acknowledged (40 ms later at the most) before the RST, or it would be an abort.
          await bench.sleep(bench.roundTrip() + random.spread(20, 180));
          other.reset();
          await bench.over(client);
        } else {
          await bench.sleep(random.chance(0.5) ? 0 : random.spread(1, 200));
          client.reset();
          await bench.over(other);
        }
      }
    },
  };
}

export const byRstScenarios: readonly Scenario[] = [
  always('client-always-resets', 'client'),
  always('server-always-resets', 'server'),
];
