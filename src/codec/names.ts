/**
 * The protocol's numbers by name, both ways, for logs and command lines. All of these sets are open: a peer may send
 * any number, and a number without a name keeps its own spelling.
 */
import { requireText, requireUnsigned } from '../arguments.js';
import * as ip from '../wire/ip.js';
import * as kvp from '../wire/kvp.js';
import * as payload from '../wire/payload.js';
import { Status } from '../wire/status.js';

export { Status } from '../wire/status.js';

export const Operation = {
  Get: kvp.OPERATION_GET,
  Set: kvp.OPERATION_SET,
  Delete: kvp.OPERATION_DELETE,
  Enumerate: kvp.OPERATION_ENUMERATE,
  GetIpInfo: kvp.OPERATION_GET_IP_INFO,
  SetIpInfo: kvp.OPERATION_SET_IP_INFO,
} as const;

export const Pool = {
  External: kvp.POOL_EXTERNAL,
  Guest: kvp.POOL_GUEST,
  Auto: kvp.POOL_AUTO,
  AutoExternal: kvp.POOL_AUTO_EXTERNAL,
  AutoInternal: kvp.POOL_AUTO_INTERNAL,
} as const;

export const ValueType = {
  String: kvp.VALUE_TYPE_STRING,
  ExpandString: kvp.VALUE_TYPE_EXPAND_STRING,
  U32: kvp.VALUE_TYPE_U32,
  U64: kvp.VALUE_TYPE_U64,
  Qword: kvp.VALUE_TYPE_QWORD,
} as const;

/** What an integration component message is about; this package speaks Negotiate and Kvp. */
export const IcType = {
  Negotiate: payload.IC_TYPE_NEGOTIATE,
  Heartbeat: 1,
  Kvp: payload.IC_TYPE_KVP,
  Shutdown: 3,
  TimeSync: 4,
  Vss: 5,
  RemoteDesktop: 6,
  FileCopy: 7,
  VmSession: 8,
} as const;

export const AddressOrigin = {
  Unknown: ip.ORIGIN_UNKNOWN,
  Other: ip.ORIGIN_OTHER,
  Static: ip.ORIGIN_STATIC,
} as const;

export interface Names {
  /** The name, or for a number without one its own spelling: "77", for a status "0xffffffff". */
  of(number: number): string;
  /** The number of a name in any case, or of a spelled number ("77", "0x4d"); undefined for anything else. */
  find(name: string): number | undefined;
}

/** GetIpInfo → "get-ip-info". */
const kebab = (name: string): string => name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();

function namesOf(numbers: Readonly<Record<string, number>>, spell: (number: number) => string = String): Names {
  const byNumber = new Map(Object.entries(numbers).map(([name, number]) => [number, kebab(name)]));
  const byName = new Map(Array.from(byNumber, ([number, name]) => [name, number]));
  return {
    of(number) {
      requireUnsigned('number', number, 32);
      return byNumber.get(number) ?? spell(number);
    },
    find(name) {
      requireText('name', name);
      const spelled = /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(name) ? Number(name) : undefined;
      return byName.get(name.toLowerCase()) ?? spelled;
    },
  };
}

const hexWord = (number: number): string => `0x${(number >>> 0).toString(16).padStart(8, '0')}`;

/** "get", "set", "delete", "enumerate", "get-ip-info", "set-ip-info". */
export const operationNames: Names = namesOf(Operation);
/** "external", "guest", "auto", "auto-external", "auto-internal". */
export const poolNames: Names = namesOf(Pool);
/** "string", "expand-string", "u32", "u64", "qword". */
export const valueTypeNames: Names = namesOf(ValueType);
/** "ok", "fail", "no-more-items", … */
export const statusNames: Names = namesOf(Status, hexWord);
/** "negotiate", "kvp", "heartbeat", … */
export const icTypeNames: Names = namesOf(IcType);
/** "unknown", "other", "static". */
export const addressOriginNames: Names = namesOf(AddressOrigin);
