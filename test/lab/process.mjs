// A client or server that is going to be killed: `node process.mjs '{"role": …}'`. Says "ready" when it stands, and "heard"
// when it has read as many bytes as `hear` says.
import { connect, createServer } from 'node:net';

const { role, host, port, local, localPort, send, read, hear } = JSON.parse(process.argv[2]);

function handle(socket) {
  socket.on('error', () => undefined);
  if (send > 0) {
    socket.write(Buffer.alloc(send));
  }
  if (read) {
    let left = hear ?? 0;
    const listen = (data) => {
      const before = left;
      left -= data.length;
      if (before > 0 && left <= 0) {
        console.log('heard');
      }
    };
    socket.on('data', listen).resume();
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
