/**
 * The part of the system that every program needs: programs, libraries, and of `/etc` what names,
 * certificates, time zones and the loader are found by. Nothing here is a secret, and nothing tells of
 * other users of the machine.
 */
import {
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Account, Identity } from './view.ts';

const programFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/crypto-policies',
  '/etc/fonts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf.d',
  '/etc/pki/ca-trust',
  '/etc/pki/tls',
  '/etc/ssl/certs',
];
/** Debian keeps the settings of its Java here, and the runtime follows links to them. */
const javaSettings = /^java(-\d+.*)?$/;
const smallFiles = [
  'gai.conf',
  'host.conf',
  'hostname',
  'hosts',
  'ld.so.conf',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/openssl.cnf',
  'timezone',
];
const maxSmallFileBytes = 2 ** 20;

export interface SystemFiles {
  /** Bound read-only. */
  readonly folders: readonly string[];
  /** Link → what it says. */
  readonly links: Readonly<Record<string, string>>;
  /** File → its content. */
  readonly files: Readonly<Record<string, Buffer | string>>;
}

/** Of programs whose spec names no other. */
export const defaultAccount: Account = { name: 'game', shell: '/bin/sh' };

export function systemFiles(
  user: Identity,
  home: string,
  { name, shell }: Account = defaultAccount,
): SystemFiles {
  const java = readdirSync('/etc').filter((file) => javaSettings.test(file));
  const present = [...programFolders, ...java.map((file) => join('/etc', file))].filter(existsSync);
  const isLink = (path: string) => lstatSync(path).isSymbolicLink();
  const links = present.filter(isLink).map((path) => [path, readlinkSync(path)]);
  const small = smallFiles.map((file) => join('/etc', file)).filter(existsSync);
  // A time zone is known by the name of the file its link leads to.
  const zones = small.filter((path) => isLink(path) && readlinkSync(path).startsWith('/usr/'));
  const files = small.flatMap((path) => {
    const content = zones.includes(path) ? undefined : readSmallFile(path);
    return content === undefined ? [] : [[path, content]];
  });
  return {
    folders: present.filter((path) => !isLink(path)),
    links: Object.fromEntries([...links, ...zones.map((path) => [path, readlinkSync(path)])]),
    files: {
      ...Object.fromEntries(files),
      '/etc/passwd': `${name}:x:${user.uid}:${user.gid}::${home.includes(':') ? '/' : home}:${shell}\n`,
      '/etc/group': `${name}:x:${user.gid}:\n`,
    },
  };
}

/** Undefined where not everybody may read it. */
function readSmallFile(path: string): Buffer | undefined {
  const { mode, size } = statSync(path);
  const isOpen = (mode & constants.S_IFMT) === constants.S_IFREG && (mode & 0o004) !== 0;
  return isOpen && size <= maxSmallFileBytes ? readFileSync(path) : undefined;
}
