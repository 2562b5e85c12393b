// Traffic between two hosts, with what is true of it: node traffic.mjs serve ADDRESS PORT | ask ADDRESS PORT CLOSED_PORT
import { connect, createServer } from 'node:net';

const [what, address, port, closed] = process.argv.slice(2);

/** Closes as the first byte of a request says: by FIN, or by RST. */
function serve() {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      if (data[0] === 0x52) {
        socket.resetAndDestroy();
      } else {
        socket.end(Buffer.alloc(5000, 1));
      }
    });
  });
  server.listen(Number(port), address, () => console.log('listening'));
}

const request = (to, text) =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port: Number(to), allowHalfOpen: true });
    socket.on('connect', () => socket.write(text));
    socket.on('data', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', resolve);
  });

async function ask() {
  for (let i = 0; i < 20; i++) {
    await request(port, 'FIN, please');
  }
  for (let i = 0; i < 5; i++) {
    await request(port, 'RST, please');
  }
  for (let i = 0; i < 7; i++) {
    await request(closed, 'anybody?');
  }
}

await (what === 'serve' ? serve() : ask());
