import type { Bench } from '../bench.js';
import type { Peer } from '../peer.js';

/** One request and its whole response. */
export async function exchange(bench: Bench, client: Peer, server: Peer): Promise<void> {
  const { random } = bench;
  const request = random.spread(40, 4000);
  const response = random.spread(100, 60_000);
  const sent = server.received + request;
  const answered = client.received + response;
  void client.send(request);
  await server.got(sent);
  await bench.sleep(random.chance(0.5) ? 0 : random.spread(1, 120));
  void server.send(response);
  await client.got(answered);
}

/** A few exchanges, one after the other, with the pauses of a program or of a person in a hurry. */
export async function exchanges(bench: Bench, client: Peer, server: Peer, from = 1, to = 5): Promise<void> {
  client.read();
  server.read();
  for (let left = bench.random.int(from, to); left > 0; left--) {
    await exchange(bench, client, server);
    if (left > 1) {
      await bench.sleep(bench.random.chance(0.5) ? 0 : bench.random.spread(1, 200));
    }
  }
}

/** Sends in pieces, as a server that reads from a disk or makes a page, until told to stop. */
export async function sendInPieces(
  bench: Bench,
  peer: Peer,
  pieces: number,
  bytes: number,
  pause: number
): Promise<void> {
  for (let i = 0; i < pieces && !peer.socket.destroyed; i++) {
    await peer.send(bytes);
    await bench.sleep(pause);
  }
}

/** An orderly connection to show how the host's packets look. */
export async function companion(bench: Bench, server: string): Promise<void> {
  const port = bench.openPort();
  let accepted: (peer: Peer) => void = () => undefined;
  const serverSide = new Promise<Peer>((resolve) => {
    accepted = resolve;
  });
  await bench.listen(server, port, (peer) => accepted(peer));
  const tuple = bench.tuple(server, port);
  const client = await bench.connect(tuple);
  const other = await serverSide;
  await exchanges(bench, client, other, 1, 2);
  bench.truth(tuple, 'normal');
  client.end();
  await other.gotEnd();
  other.end();
  await client.gotEnd();
}
