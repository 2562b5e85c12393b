// A client or server that is going to be killed: `node process.mjs '{"role": …}'`. Says "ready" when it stands.
import { connect, createServer } from 'node:net';

const { role, host, port, local, localPort, send, read } = JSON.parse(process.argv[2]);

function handle(socket) {
  socket.on('error', () => undefined);
  if (send > 0) {
    socket.write(Buffer.alloc(send));
  }
  if (read) {
    socket.on('data', () => undefined).resume();
  } else {
    socket.pause();
  }
}

if (role === 'server') {
  createServer({ allowHalfOpen: true, pauseOnConnect: true }, handle).listen(port, host, () => console.log('ready'));
} else {
  const socket = connect({ host, port, localAddress: local, localPort, allowHalfOpen: true });
  handle(socket);
  socket.on('connect', () => console.log('ready'));
}
