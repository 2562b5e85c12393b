import { ACK, PSH } from '../frame.js';
import { MILLISECOND, SECOND, type Connection } from '../play/connection.js';
import type { Random } from '../play/random.js';
import type { Script } from '../play/stage.js';
import { secure } from './everyday.js';
import type { Story } from './story.js';

const closesByReset: Story = {
  name: 'closes-by-rst',
  about: 'meters deliver their values and end every connection with RST: bad manners, no incident',
  first: 2,
  every: 3,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.pick(network.printers), network.services.metering, function* (connection) {
      connection.open();
      yield* connection.exchange(random.whole(200, 900), random.exponential(5 * MILLISECOND), 40);
      connection.wait(MILLISECOND).reset('client');
    });
  },
};

const abortedDownload: Story = {
  name: 'aborted-download',
  about: 'customers stop a download while the server sends: RST for what is still under way, with a FIN or without',
  first: 7,
  every: 8,
  closes: ['rst', 'finrst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.customers), network.services.downloads, function* (connection) {
      connection.open();
      yield* secure(connection, random);
      yield* connection.exchange(500, random.exponential(10 * MILLISECOND), random.whole(40_000, 400_000));
      stopReading(connection, random);
    });
  },
};

/** A burst of the server's, in the midst of which the client goes away. */
function stopReading(connection: Connection, random: Random): void {
  const segments = random.whole(8, 30);
  const gap = 120_000;
  const start = connection.at;
  const { rtt } = connection.client;
  const read = random.whole(1, 4);
  for (let i = 0; i < segments; i++) {
    connection.at = start + i * gap;
    connection.segment('server', ACK, connection.mss);
    if (i === read) {
      connection.reach('client').ack('client');
    }
  }
  const received = connection.server.next;
  connection.at = start + (read + 1) * gap + rtt;
  if (random.chance(0.4)) {
    connection.fin('client');
  } else {
    // Windows says it at once, as do programs that close with data unread.
    connection.reset('client');
  }
  for (let i = read + 1; i < segments; i++) {
    connection.at = Math.max(connection.at, start + i * gap + rtt) + 10_000;
    connection.stateless('client');
  }
  connection.server.next = received;
}

const keepAliveRace: Story = {
  name: 'keepalive-race',
  about: 'a request crosses the FIN of a server that has waited long enough: RST in answer',
  first: 11,
  every: 14,
  closes: ['finrst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.vpn), network.services.exporting, function* (connection) {
      connection.open();
      yield* connection.exchange(random.size(500, 0.3), random.exponential(9 * MILLISECOND), random.size(5000, 0.8));
      connection.wait(5 * SECOND);
      yield connection.at;
      const acknowledged = connection.server.next;
      connection.fin('server').wait(connection.client.rtt * random.between(0.1, 0.6));
      connection.segment('client', PSH | ACK, random.size(500, 0.3), { acknowledgement: acknowledged });
      connection.reach('server').stateless('server', acknowledged);
    });
  },
};

const leak: Story = {
  name: 'close-wait-leak',
  about: 'a program never closes its side: the FIN of the client is acknowledged and never answered',
  first: 9,
  every: 18,
  closes: ['halfclosed'],
  *play({ network, random, connect }) {
    connect(random.pick(network.appServers), network.services.leaking, function* (connection) {
      connection.open();
      yield* connection.exchange(random.size(400, 0.3), random.exponential(30 * MILLISECOND), random.size(2500, 0.7));
      connection.wait(random.exponential(SECOND));
      yield connection.at;
      connection
        .fin('client')
        .reach('server')
        .wait(40 * MILLISECOND)
        .ack('server');
    });
  },
};

const failingExport: Story = {
  name: 'failing-export',
  about: 'a program dies of some requests: RST in place of the answer',
  first: 16,
  every: 22,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.desks), network.services.exporting, exportFails(random));
  },
};

function exportFails(random: Random) {
  return function* (connection: Connection): Script {
    connection.open();
    connection.request(random.size(900, 0.3), random.between(2, 6) * SECOND);
    yield connection.at;
    connection.reset('server');
  };
}

const noBackend: Story = {
  name: 'no-backend',
  about: 'a proxy accepts, finds nobody to hand on to, and resets before it has said anything',
  first: 14,
  every: 33,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.desks), network.services.archive, function* (connection) {
      connection.open();
      connection.request(random.whole(517, 640), random.exponential(2 * MILLISECOND)).reset('server');
    });
  },
};

const stalledServer: Story = {
  name: 'stalled-server',
  about: 'a server stops reading uploads: its window closes, and after a minute of asking the client gives up by RST',
  first: 25,
  every: 50,
  closes: ['rst'],
  *play({ network, random, connect }) {
    connect(random.favourite(network.paris), network.services.stalling, function* (connection) {
      connection.open();
      yield* connection.exchange(400, 3 * MILLISECOND, 120);
      yield* connection.transfer('client', 60_000);
      for (const window of [120, 40, 0]) {
        connection
          .message('client', 4 * connection.mss)
          .reach('server')
          .ack('server', { window })
          .reach('client');
      }
      for (const wait of [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 25]) {
        connection.wait(wait * SECOND);
        yield connection.at;
        // A window probe: an empty segment before what was acknowledged (Linux).
        connection.ack('client', { sequence: (connection.client.next - 1) | 0 });
        connection.reach('server').ack('server', { window: 0 });
      }
      connection.wait(SECOND).reset('client');
    });
  },
};

export const endings: readonly Story[] = [
  closesByReset,
  abortedDownload,
  keepAliveRace,
  leak,
  failingExport,
  noBackend,
  stalledServer,
];
