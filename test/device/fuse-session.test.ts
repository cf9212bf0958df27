import { constants } from 'node:os';
import fc from 'fast-check';
import { fuse } from '#internal';
import { ScriptedDevice } from '../_support/device.js';
import {
  type FramedAnswer,
  FuseKernel,
  handleBody,
  interruptBody,
  pollBody,
  readBody,
  request,
  writeBody,
} from '../_support/fuse-kernel.js';
import { RegisteringDevice } from '../_support/registering-device.js';
import { assert, suite } from '../_support/suite.js';

const MESSAGE_BYTES = 7432;
const SCHEDULE = fuse.POLL_SCHEDULE_NOTIFY;
const errnoOf = (answer: FramedAnswer | undefined) =>
  answer === undefined || answer.error === 0
    ? answer && 'ok'
    : Object.entries(constants.errno).find(([, number]) => number === -answer.error)?.[0];

function initBody(major: number, minor: number): Buffer {
  const body = Buffer.alloc(64);
  body.writeUInt32LE(major, fuse.INIT_IN_MAJOR);
  body.writeUInt32LE(minor, fuse.INIT_IN_MINOR);
  body.writeUInt32LE(0xffffffff, fuse.INIT_IN_FLAGS);
  return body;
}

suite('FUSE session: start', ({ test }) => {
  test('a write of a whole message fits one request (trap 8)', () => {
    const { body } = new FuseKernel({ server: new ScriptedDevice() }).call(fuse.OP_INIT, initBody(7, 45));
    assert.is(body.length, 64);
    assert.ok(body.readUInt32LE(fuse.INIT_OUT_MAX_WRITE) >= MESSAGE_BYTES);
    assert.is(body.readUInt32LE(fuse.INIT_OUT_FLAGS), fuse.INIT_BIG_WRITES, 'and no other feature is taken');
  });
  test('the buffer of /dev/fuse reads is large enough (trap 9)', () => {
    assert.ok(fuse.READ_BUFFER_BYTES >= Math.max(8192, fuse.MAX_WRITE_BYTES + fuse.IN_HEADER_BYTES + fuse.WRITE_BYTES));
  });
  test('the smaller minor version is taken', () => {
    const minorFor = (major: number, minor: number) =>
      new FuseKernel({ server: new ScriptedDevice() })
        .call(fuse.OP_INIT, initBody(major, minor))
        .body.readUInt32LE(fuse.INIT_OUT_MINOR);
    assert.is(minorFor(7, 23), 23);
    assert.is(minorFor(7, 45), fuse.FUSE_MINOR);
    assert.is(minorFor(8, 0), fuse.FUSE_MINOR, 'a newer kernel is told our version and asks again');
  });
  test('a kernel that is too old is refused', () => {
    const kernel = new FuseKernel({ server: new ScriptedDevice() });
    assert.is(errnoOf(kernel.call(fuse.OP_INIT, initBody(6, 9))), 'EPROTO');
  });
});

suite('FUSE session: open and close', ({ test }) => {
  test('an opening is direct, a stream, not seekable, and closes without a flush (traps 3 and 10)', () => {
    const { body } = new FuseKernel({ server: new ScriptedDevice() }).open();
    assert.is(body.readUInt32LE(fuse.OPEN_OUT_FLAGS), 53);
  });
  test('a second opening gets the errno of the server', () => {
    const kernel = new FuseKernel({ server: new ScriptedDevice() });
    kernel.open();
    assert.is(errnoOf(kernel.open()), 'EBUSY');
  });
  test('release reaches the server once', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    assert.is(errnoOf(kernel.call(fuse.OP_RELEASE, handleBody(handle, fuse.RELEASE_BYTES))), 'ok');
    kernel.call(fuse.OP_RELEASE, handleBody(handle, fuse.RELEASE_BYTES));
    assert.equal(server.released, [Number(handle)]);
    assert.is(errnoOf(kernel.open()), 'ok');
  });
});

suite('FUSE session: read', ({ test }) => {
  test('a message that is there is read at once', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    server.offer(Uint8Array.of(1, 2, 3));
    assert.equal([...kernel.call(fuse.OP_READ, readBody(handle, 10)).body], [1, 2, 3]);
  });
  test('a message longer than the answer buffer is read whole', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const long = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251);
    server.offer(long);
    assert.equal(new Uint8Array(kernel.call(fuse.OP_READ, readBody(handle, 30_000)).body), long);
  });
  test('a buffer that is too small gives EINVAL and keeps the message', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    server.offer(Uint8Array.of(1, 2, 3));
    assert.is(errnoOf(kernel.call(fuse.OP_READ, readBody(handle, 2))), 'EINVAL');
    assert.is(kernel.call(fuse.OP_READ, readBody(handle, 3)).body.length, 3);
  });
  test('reads sleep until a message comes, and wake in their order', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const [first, second] = [readBody(handle, 10), readBody(handle, 10)].map((body) => kernel.send(fuse.OP_READ, body));
    server.wake();
    assert.is(kernel.answers.length, 0, 'a wake without a message lets them sleep on');
    server.offer(Uint8Array.of(1));
    assert.equal([...(kernel.take(first!)?.body ?? [])], [1]);
    assert.is(kernel.take(second!), undefined);
    server.offer(Uint8Array.of(2));
    assert.equal([...(kernel.take(second!)?.body ?? [])], [2]);
  });
  test('O_NONBLOCK is ignored under strict and gives EAGAIN under friendly', () => {
    const server = new ScriptedDevice();
    const strict = new FuseKernel({ server });
    strict.send(fuse.OP_READ, readBody(strict.mustOpen(), 10, fuse.FILE_NONBLOCK));
    assert.is(strict.answers.length, 0);

    const friendly = new FuseKernel({ server: new ScriptedDevice(), nonblock: 'friendly' });
    const handle = friendly.mustOpen();
    assert.is(errnoOf(friendly.call(fuse.OP_READ, readBody(handle, 10, fuse.FILE_NONBLOCK))), 'EAGAIN');
    const sleeping = friendly.send(fuse.OP_READ, readBody(handle, 10));
    assert.is(friendly.take(sleeping), undefined, 'a blocking descriptor still sleeps');
  });
  test('a signal ends a sleeping read with EINTR, once (trap 11)', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const read = kernel.send(fuse.OP_READ, readBody(handle, 10));
    kernel.send(fuse.OP_INTERRUPT, interruptBody(read));
    assert.is(errnoOf(kernel.take(read)), 'EINTR');
    kernel.send(fuse.OP_INTERRUPT, interruptBody(read));
    server.offer(Uint8Array.of(7));
    assert.is(kernel.answers.length, 0, 'neither the second signal nor the message finds the read');
    assert.equal([...kernel.call(fuse.OP_READ, readBody(handle, 10)).body], [7], 'and the message is not lost');
  });
  test('a signal that comes too late changes nothing', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    server.messages.push(Uint8Array.of(7));
    const read = kernel.send(fuse.OP_READ, readBody(kernel.mustOpen(), 10));
    kernel.send(fuse.OP_INTERRUPT, interruptBody(read));
    assert.is(kernel.answers.length, 1);
  });
});

suite('FUSE session: write', ({ test }) => {
  test('the server gets the bytes and the process the count', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const { body } = kernel.call(fuse.OP_WRITE, writeBody(kernel.mustOpen(), Uint8Array.of(5, 6)));
    assert.is(body.readUInt32LE(0), 2);
    assert.equal([...(server.written[0] ?? [])], [5, 6]);
  });
  test('the errno of the server is passed on', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    server.writeOutcome = { kind: 'error', errno: 'EINVAL' };
    assert.is(errnoOf(kernel.call(fuse.OP_WRITE, writeBody(kernel.mustOpen(), Uint8Array.of(5)))), 'EINVAL');
  });
  test('a write whose answer wakes a sleeping read answers both', () => {
    const server = new RegisteringDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const read = kernel.send(fuse.OP_READ, readBody(handle, MESSAGE_BYTES));
    const registration = Buffer.alloc(MESSAGE_BYTES);
    registration[0] = 100;
    const written = kernel.call(fuse.OP_WRITE, writeBody(handle, registration));
    assert.is(written.body.readUInt32LE(0), MESSAGE_BYTES);
    assert.is(kernel.take(read)?.body.toString('latin1', 4, 7), '3.1');
  });
});

suite('FUSE session: poll', ({ test }) => {
  const registered = () => {
    const server = new RegisteringDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const poll = (kernelHandle: bigint, flags: number) =>
      kernel.call(fuse.OP_POLL, pollBody(handle, kernelHandle, flags)).body.readUInt32LE(0);
    const register = () => {
      const message = Buffer.alloc(MESSAGE_BYTES);
      message[0] = 100;
      kernel.call(fuse.OP_WRITE, writeBody(handle, message));
    };
    return { server, kernel, handle, poll, register };
  };
  test('a sleeping poll is notified once, by the handle of the last poll (trap 12)', () => {
    const { kernel, handle, poll, register, server } = registered();
    assert.is(poll(77n, SCHEDULE), 0);
    assert.is(poll(78n, SCHEDULE), 0);
    server.emit('wake');
    assert.equal(kernel.takeNotifications(), [], 'nothing can be read yet');
    register();
    assert.equal(kernel.takeNotifications(), [78n]);
    assert.is(poll(78n, 0), 0x41, 'POLLIN and POLLRDNORM');
    server.emit('wake');
    assert.equal(kernel.takeNotifications(), [], 'nobody sleeps');
    kernel.call(fuse.OP_READ, readBody(handle, MESSAGE_BYTES));
    assert.is(poll(78n, 0), 0, 'never writable');
  });
  test('a poll that finds something is notified of the next event too', () => {
    const { kernel, poll, register, server } = registered();
    register();
    assert.is(poll(5n, SCHEDULE), 0x41);
    server.emit('wake');
    assert.equal(kernel.takeNotifications(), [5n]);
  });
});

suite('FUSE session: end of the device', ({ test }) => {
  test('sleepers wake with ENODEV and error events, and nothing goes on', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    const read = kernel.send(fuse.OP_READ, readBody(handle, 10));
    kernel.call(fuse.OP_POLL, pollBody(handle, 9n, SCHEDULE));
    kernel.session.end();
    assert.is(errnoOf(kernel.take(read)), 'ENODEV');
    assert.equal(kernel.takeNotifications(), [9n]);
    assert.is(kernel.call(fuse.OP_POLL, pollBody(handle, 9n, 0)).body.readUInt32LE(0), 0x18, 'POLLERR and POLLHUP');
    assert.is(errnoOf(kernel.call(fuse.OP_READ, readBody(handle, 10))), 'ENODEV');
    assert.is(errnoOf(kernel.call(fuse.OP_WRITE, writeBody(handle, Uint8Array.of(1)))), 'ENODEV');
    assert.is(errnoOf(kernel.open()), 'ENODEV');
    assert.equal(server.released, [Number(handle)]);
    assert.is(server.wakeListeners, 0);
    kernel.call(fuse.OP_RELEASE, handleBody(handle, fuse.RELEASE_BYTES));
    kernel.session.end();
    assert.equal(server.released, [Number(handle)], 'the server hears of a close once');
  });
});

suite('FUSE session: everything else', ({ test }) => {
  test('the file is regular, empty and has the given owner and mode; chmod and chown work', () => {
    const attributes = { mode: 0o640, uid: 3, gid: 4, seconds: 1_700_000_000 };
    const kernel = new FuseKernel({ server: new ScriptedDevice(), attributes });
    const modeOf = ({ body }: FramedAnswer) => body.readUInt32LE(fuse.ATTR_MODE).toString(8);
    assert.is(modeOf(kernel.call(fuse.OP_GETATTR, Buffer.alloc(16))), '100640');
    const change = Buffer.alloc(fuse.SETATTR_BYTES);
    change.writeUInt32LE(fuse.SETATTR_VALID_MODE | fuse.SETATTR_VALID_GID, fuse.SETATTR_VALID);
    change.writeUInt32LE(0o100660, fuse.SETATTR_MODE);
    change.writeUInt32LE(9, fuse.SETATTR_UID);
    change.writeUInt32LE(10, fuse.SETATTR_GID);
    kernel.call(fuse.OP_SETATTR, change);
    const after = kernel.call(fuse.OP_GETATTR, Buffer.alloc(16));
    assert.is(modeOf(after), '100660');
    assert.is(after.body.readUInt32LE(fuse.ATTR_UID), 3);
    assert.is(after.body.readUInt32LE(fuse.ATTR_GID), 10);
    assert.is(attributes.mode, 0o640, "the caller's object stays");
  });
  test('calls that the real device does not have', () => {
    const kernel = new FuseKernel({ server: new ScriptedDevice() });
    assert.is(errnoOf(kernel.call(fuse.OP_IOCTL, Buffer.alloc(32))), 'ENOTTY');
    assert.is(errnoOf(kernel.call(fuse.OP_FSYNC, Buffer.alloc(16))), 'EINVAL');
    for (const opcode of [0, 9, 22, 43, 46, 4096]) assert.is(errnoOf(kernel.call(opcode, Buffer.alloc(80))), 'ENOSYS');
  });
  test('forgetting wants no answer', () => {
    const kernel = new FuseKernel({ server: new ScriptedDevice() });
    kernel.send(fuse.OP_FORGET, Buffer.alloc(8));
    kernel.send(fuse.OP_BATCH_FORGET, Buffer.alloc(8));
    assert.is(kernel.answers.length, 0);
  });
  test('a server that throws leaves nobody asleep: EIO, and the error is thrown on', () => {
    const server = new ScriptedDevice();
    const kernel = new FuseKernel({ server });
    const handle = kernel.mustOpen();
    server.write = () => {
      throw new Error('bug');
    };
    assert.throws(() => kernel.send(fuse.OP_WRITE, writeBody(handle, Uint8Array.of(1))), 'bug');
    assert.is(errnoOf(kernel.answers[0]), 'EIO');
  });
  test('a request with a wrong length is dropped, a short body answered with EINVAL', () => {
    const kernel = new FuseKernel({ server: new ScriptedDevice() });
    const whole = request(fuse.OP_WRITE, 2n, writeBody(1n, Uint8Array.of(1, 2)));
    for (let length = 0; length < whole.length; length++) kernel.session.handle(whole.subarray(0, length));
    assert.is(kernel.answers.length, 0);
    for (let length = fuse.IN_HEADER_BYTES; length < whole.length; length++) {
      const cut = Buffer.from(whole.subarray(0, length));
      cut.writeUInt32LE(length, fuse.IN_LENGTH);
      kernel.session.handle(cut);
      assert.is(errnoOf(kernel.answers.pop()), 'EINVAL', `${length} bytes`);
    }
  });
  test('any sequence of requests gets exactly one answer each, or none where none is due', () => {
    const step = fc.record({
      opcode: fc.constantFrom(3, 4, 14, 15, 16, 17, 18, 20, 25, 26, 36, 39, 40, 42, 99),
      body: fc.uint8Array({ maxLength: 120 }),
      handle: fc.bigInt({ min: 0n, max: 3n }),
      offer: fc.boolean(),
    });
    const seed = Number(process.env['HV_KVP_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const server = new ScriptedDevice();
        const kernel = new FuseKernel({ server });
        const due = new Set<bigint>();
        for (const { opcode, body, handle, offer } of steps) {
          if (body.length >= 8) Buffer.from(body.buffer, body.byteOffset).writeBigUInt64LE(handle, 0);
          const unique = kernel.send(opcode, body);
          if (opcode !== fuse.OP_BATCH_FORGET && opcode !== fuse.OP_INTERRUPT) due.add(unique);
          if (offer) server.offer(Uint8Array.of(1));
        }
        kernel.session.end();
        kernel.takeNotifications();
        const answered = kernel.answers.map(({ unique }) => unique);
        const interrupts = kernel.answers.filter(({ unique, error }) => !due.has(unique) && error !== -22);
        assert.equal(interrupts, [], 'only a malformed interrupt is answered');
        assert.is(new Set(answered).size, answered.length);
        for (const unique of due) assert.ok(answered.includes(unique), `request ${unique}`);
      }),
      { seed, numRuns: 500 },
    );
  });
});
