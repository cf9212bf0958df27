/**
 * Status words of the IC header and of daemon answers (HRESULT values, protocol.md 3.7). An open set: a peer may send
 * any 32-bit value.
 */
export const Status = {
  Ok: 0x00000000,
  Fail: 0x80004005,
  NoMoreItems: 0x80070103,
  NotSupported: 0x80070032,
  MachineLocked: 0x800704f7,
  DeviceNotConnected: 0x8007048f,
  InvalidArgument: 0x80070057,
  AdapterNotFound: 0x80041002,
  AlreadyExists: 0x80070050,
  DiskFull: 0x80070070,
} as const;
