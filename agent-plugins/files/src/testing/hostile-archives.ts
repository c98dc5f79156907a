/** Archives that are packed to do harm, each with the code of its refusal. Made when they are used; none is stored. */
import { crc32 } from 'node:zlib';
import { bombs } from './bombs.ts';
import type { Hostile } from './hostile.ts';
import { dressed, tarOf, zipOf, type TarEntry, type ZipEntry } from '@zlh/agent/testing';

/** Names that no entry may have, and what each is refused for. */
const names: readonly (readonly [name: string, code: string])[] = [
  ['../escape', 'PATH_DOTS'],
  ['../../../../../../../../tmp/escape', 'PATH_DOTS'],
  ['a/../../escape', 'PATH_DOTS'],
  ['a/..', 'PATH_DOTS'],
  ['..', 'PATH_DOTS'],
  ['./../escape', 'PATH_DOTS'],
  ['a/./b', 'PATH_DOTS'],
  ['/tmp/escape', 'PATH_ABSOLUTE'],
  ['//tmp/escape', 'PATH_ABSOLUTE'],
  ['/', 'PATH_ABSOLUTE'],
  ['a//b', 'PATH_EMPTY'],
  ['a\\b', 'NAME_BACKSLASH'],
  ['..\\escape', 'NAME_BACKSLASH'],
  ['C:\\escape', 'NAME_BACKSLASH'],
  ['line\nbreak', 'NAME_CONTROL'],
  ['\u001b[2Jscreen', 'NAME_CONTROL'],
  ['bell\u0007', 'NAME_CONTROL'],
  ['delete\u007f', 'NAME_CONTROL'],
  ['next\u0085line', 'NAME_CONTROL'],
  ['n'.repeat(256), 'NAME_LONG'],
  [`${'d/'.repeat(200)}file`, 'PATH_DEEP'],
  [Array.from({ length: 10 }, () => 'p'.repeat(200)).join('/'), 'PATH_LONG'],
];

const file = (name: string): TarEntry => ({ name, content: 'x' });
const symlink = (name: string, linkname: string): TarEntry => ({ name, type: 'symlink', linkname });
const hardLink = (name: string, linkname: string): TarEntry => ({ name, type: 'link', linkname });

const tars: readonly (readonly [title: string, code: string, entries: readonly TarEntry[]])[] = [
  ...names
    .filter(([, code]) => code !== '')
    .map(([name, code]) => [`entry ${name}`, code, [file(name)]] as const),
  ['NUL in a pax name', 'PATH_NUL', [{ ...file('pax'), pax: { path: 'nul\0name' } }]],
  ['.. in a pax name', 'PATH_DOTS', [{ ...file('pax'), pax: { path: '../escape' } }]],
  ['folder ..', 'PATH_DOTS', [{ name: '../escape/', type: 'directory' }]],
  ['link to /', 'LINK_OUTSIDE', [symlink('l', '/')]],
  ['link to /etc/passwd', 'LINK_OUTSIDE', [symlink('l', '/etc/passwd')]],
  ['link up', 'LINK_OUTSIDE', [symlink('l', '..')]],
  ['link up from below', 'LINK_OUTSIDE', [symlink('a/b/l', '../../../x')]],
  ['link down and up', 'LINK_OUTSIDE', [symlink('l', 'a/../../x')]],
  ['link over a link', 'LINK_OUTSIDE', [symlink('l', '.'), symlink('m', 'l/..')]],
  ['link to nothing', 'LINK_OUTSIDE', [symlink('l', '')]],
  ['file through a link', 'THROUGH_LINK', [symlink('l', '.'), file('l/escape')]],
  ['file through a link below', 'THROUGH_LINK', [symlink('a/l', '.'), file('a/l/b/escape')]],
  [
    'folder through a link',
    'THROUGH_LINK',
    [symlink('l', 'x'), { name: 'l/d/', type: 'directory' }],
  ],
  ['link through a link', 'THROUGH_LINK', [symlink('l', 'x'), symlink('l/m', 'y')]],
  ['link in place of a file', 'TWICE', [file('f'), symlink('f', 'x')]],
  ['file in place of a link', 'TWICE', [symlink('f', 'x'), file('f')]],
  ['folder in place of a link', 'TWICE', [symlink('f', 'x'), { name: 'f/', type: 'directory' }]],
  ['file twice', 'TWICE', [file('f'), file('f')]],
  ['file twice, otherwise written', 'TWICE', [file('f'), file('./f')]],
  ['file in place of a folder', 'TWICE', [file('d/f'), file('d')]],
  ['file below a file', 'THROUGH_FILE', [file('f'), file('f/g')]],
  ['hard link to /etc/passwd', 'PATH_ABSOLUTE', [hardLink('l', '/etc/passwd')]],
  ['hard link up', 'PATH_DOTS', [hardLink('l', '../../secret')]],
  ['hard link to nothing', 'HARD_LINK', [hardLink('l', 'missing')]],
  ['hard link to a link', 'HARD_LINK', [symlink('s', 'x'), hardLink('l', 's')]],
  ['hard link to itself', 'HARD_LINK', [hardLink('l', 'l')]],
  ['hard link through a link', 'THROUGH_LINK', [symlink('s', '.'), hardLink('l', 's/f')]],
  [
    'character device',
    'SPECIAL',
    [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }],
  ],
  ['block device', 'SPECIAL', [{ name: 'd', type: 'block-device', devmajor: 8, devminor: 0 }]],
  ['pipe', 'SPECIAL', [{ name: 'd', type: 'fifo' }]],
];

/** Names of bytes that are no text: what leads out does so in them, too. */
const rawNames: readonly (readonly [title: string, code: string, name: Buffer])[] = [
  ['.. before a byte that is no text', 'PATH_DOTS', Buffer.from('../\xff', 'latin1')],
  ['a byte that is no text before ..', 'PATH_DOTS', Buffer.from('\xff/../../x', 'latin1')],
  ['/ before a byte that is no text', 'PATH_ABSOLUTE', Buffer.from('/\xff', 'latin1')],
  ['a backslash behind a byte that is no text', 'NAME_BACKSLASH', Buffer.from('\xff\\x', 'latin1')],
  ['a line break behind a byte that is no text', 'NAME_CONTROL', Buffer.from('\xff\n', 'latin1')],
];

/** A whole tar, with one byte or more of its first header changed; the check sum is made right again. */
async function forged(change: (header: Buffer) => void, content = 'x'): Promise<Buffer> {
  const tar = await tarOf([{ name: 'f', content }]);
  change(tar);
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

/** GNU tar's way to tell a long name (L) or what a link holds (K), for an entry that says something harmless itself. */
async function gnuLong(type: 'L' | 'K', text: string, entry: TarEntry): Promise<Buffer> {
  const length = `${(text.length + 1).toString(8).padStart(11, '0')}\0`;
  const head = await forged((header) => {
    header.write(type, 156);
    header.write('ustar  \0', 257, 'latin1');
    header.write(length, 124, 'latin1');
  }, `${text}\0`);
  return Buffer.concat([head.subarray(0, 1024), await tarOf([entry])]);
}

const sized = (octal: string) => forged((header) => header.write(octal, 124, 12, 'latin1'));
const odd: readonly Hostile[] = [
  {
    title: 'tar of unknown entries',
    code: 'SPECIAL',
    make: () => forged((h) => h.write('S', 156)),
  },
  {
    title: 'tar that claims more than it has',
    code: 'UNREADABLE',
    make: () => sized('00000077777\0'),
  },
  ...Object.entries(dressed).flatMap(([kind, dress]): Hostile[] => [
    {
      title: `${kind}: .. in a long name of GNU's`,
      code: 'PATH_DOTS',
      make: async () => dress(await gnuLong('L', '../escape', file('f'))),
    },
    {
      title: `${kind}: / in a long name of GNU's`,
      code: 'PATH_ABSOLUTE',
      make: async () => dress(await gnuLong('L', '/tmp/escape', file('f'))),
    },
    {
      title: `${kind}: link up in a long name of GNU's`,
      code: 'LINK_OUTSIDE',
      make: async () => dress(await gnuLong('K', '../../etc/passwd', symlink('l', 'x'))),
    },
    ...rawNames.map(([title, code, name]): Hostile => ({
      title: `${kind}: ${title}`,
      code,
      make: async () => dress(await forged((header) => name.copy(header.fill(0, 0, 100)))),
    })),
  ]),
  { title: 'tar that claims 8 GiB', code: 'UNREADABLE', make: () => sized('77777777777\0') },
  { title: 'tar of no size', code: 'UNREADABLE', make: () => sized('zzzzzzzzzzz\0') },
  {
    title: 'tar of a negative size',
    code: 'UNREADABLE',
    make: () => forged((header) => header.fill(0xff, 124, 136)),
  },
  {
    title: 'tar whose pax header is huge',
    code: 'UNREADABLE',
    make: () =>
      forged((header) => {
        header.write('x', 156);
        header.write('77777777777\0', 124, 'latin1');
      }),
  },
  {
    title: 'tar with a wrong check sum',
    code: 'UNREADABLE',
    make: async () => {
      const tar = await tarOf([file('f')]);
      tar[0] = 0x7a;
      return tar;
    },
  },
  {
    title: 'tar cut short',
    code: 'UNREADABLE',
    make: async () => (await tarOf([file('f')])).subarray(0, 700),
  },
  ...Object.entries(dressed)
    .filter(([kind]) => kind !== 'tar')
    .flatMap(([kind, dress]): Hostile[] => [
      {
        title: `${kind} that unpacks to a thousand times its size`,
        code: 'RATIO',
        make: async () =>
          dress(await tarOf([{ name: 'zeros', content: Buffer.alloc(70 * 2 ** 20) }])),
      },
      {
        title: `${kind} cut short`,
        code: 'UNREADABLE',
        make: async () => {
          const whole = dress(await tarOf([{ name: 'f', content: Buffer.alloc(9000, 'abcdefg') }]));
          return whole.subarray(0, Math.floor(whole.length / 2));
        },
      },
      {
        title: `${kind} with a changed byte`,
        code: 'UNREADABLE',
        make: async () => {
          const whole = Buffer.from(dress(await tarOf([file('f')])));
          whole.fill(0xff, 10, 20);
          return whole;
        },
      },
    ]),
];

const S_IFLNK = 0o120777;
const zips: readonly (readonly [title: string, code: string, entries: readonly ZipEntry[]])[] = [
  ...names
    .filter(([name]) => !name.includes('\\'))
    .map(([name, code]) => [`entry ${name}`, code, [{ name, content: 'x' }]] as const),
  ['NUL in a name', 'PATH_NUL', [{ name: 'nul\0name' }]],
  ['link to /etc', 'LINK_OUTSIDE', [{ name: 'l', content: '/etc', mode: S_IFLNK }]],
  ['link up', 'LINK_OUTSIDE', [{ name: 'l', content: '../x', mode: S_IFLNK }]],
  ['link with a NUL', 'LINK_OUTSIDE', [{ name: 'l', content: 'a\0b', mode: S_IFLNK }]],
  [
    'file through a link',
    'THROUGH_LINK',
    [
      { name: 'l', content: '.', mode: S_IFLNK },
      { name: 'l/escape', content: 'x' },
    ],
  ],
  ['link of a megabyte', 'LINK_LONG', [{ name: 'l', content: 'a'.repeat(2 ** 20), mode: S_IFLNK }]],
  ['file twice', 'TWICE', [{ name: 'f' }, { name: 'f' }]],
  ['file below a file', 'THROUGH_FILE', [{ name: 'f' }, { name: 'f/g' }]],
  ['file twice, otherwise written', 'TWICE', [{ name: 'f' }, { name: './f' }]],
  ['file in place of a folder', 'TWICE', [{ name: 'd/f' }, { name: 'd' }]],
  ['link in place of a file', 'TWICE', [{ name: 'f' }, { name: 'f', content: 'x', mode: S_IFLNK }]],
  ['file in place of a link', 'TWICE', [{ name: 'f', content: 'x', mode: S_IFLNK }, { name: 'f' }]],
  [
    'a name twice that is no text',
    'TWICE',
    [{ name: Buffer.from([0xff]) }, { name: Buffer.from([0xff]) }],
  ],
  ['link down and up', 'LINK_OUTSIDE', [{ name: 'l', content: 'a/../../x', mode: S_IFLNK }]],
  [
    'folder through a link',
    'THROUGH_LINK',
    [{ name: 'l', content: 'x', mode: S_IFLNK }, { name: 'l/d/' }],
  ],
  [
    'link through a link',
    'THROUGH_LINK',
    [
      { name: 'l', content: 'x', mode: S_IFLNK },
      { name: 'l/m', content: 'y', mode: S_IFLNK },
    ],
  ],
  ['folder ..', 'PATH_DOTS', [{ name: '../escape/' }]],
  ['block device', 'SPECIAL', [{ name: 'd', mode: 0o060666 }]],
  ...rawNames.map(([title, code, name]) => [title, code, [{ name }, { name: 'a/b' }]] as const),
  ['device', 'SPECIAL', [{ name: 'd', mode: 0o020666 }]],
  ['pipe', 'SPECIAL', [{ name: 'd', mode: 0o010666 }]],
  ['socket', 'SPECIAL', [{ name: 'd', mode: 0o140666 }]],
  ['encrypted file', 'ENCRYPTED', [{ name: 'f', content: 'x', flags: 0x801 }]],
  ...[1, 9, 12, 14, 93, 99].map(
    (method) =>
      [
        `method ${method} behind what can be unpacked`,
        'METHOD',
        [{ name: 'a' }, { name: 'f', content: 'x', method }],
      ] as const,
  ),
  [
    'a backslash beside a slash, made on Unix',
    'NAME_BACKSLASH',
    [{ name: 'a\\b' }, { name: 'c/d' }],
  ],
  ['.. by backslashes', 'PATH_DOTS', [{ name: '..\\..\\evil.txt' }]],
  [
    '.. by backslashes, made on NTFS',
    'PATH_DOTS',
    [{ name: '..\\evil', system: 10 }, { name: 'a/b' }],
  ],
  ['a drive', 'PATH_ABSOLUTE', [{ name: 'C:\\evil.txt' }]],
  ['a share', 'PATH_ABSOLUTE', [{ name: '\\\\server\\share\\evil.txt', system: 0 }]],
  [
    'a control byte that a code page draws',
    'NAME_CONTROL',
    [{ name: Buffer.from('\x01\x82', 'latin1'), flags: 0 }],
  ],
  [
    'file larger than it says',
    'UNREADABLE',
    [{ name: 'f', content: 'x'.repeat(5000), claimedSize: 10 }],
  ],
  ['file smaller than it says', 'UNREADABLE', [{ name: 'f', content: 'x', claimedSize: 5000 }]],
  [
    'file deep down that has failed before it is read',
    'UNREADABLE',
    [{ name: `${'d/'.repeat(100)}f`, content: 'x', claimedSize: 5000 }],
  ],
  ['bomb', 'RATIO', [{ name: 'zeros', content: Buffer.alloc(70 * 2 ** 20) }]],
];

/** With a field that tells a name of its own for the entry: some programs believe that one. */
function secondName(name: string): Buffer {
  const zip = zipOf([{ name: 'f', content: 'x', flags: 0 }]);
  const [start, end] = [zip.readUInt32LE(zip.length - 6), zip.length - 22];
  const entry = Buffer.from(zip.subarray(start, end));
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + name.length, 2);
  field.writeUInt8(1, 4);
  field.writeUInt32LE(crc32('f'), 5);
  entry.writeUInt16LE(field.length + name.length, 30);
  const tail = Buffer.from(zip.subarray(end));
  tail.writeUInt32LE(entry.length + field.length + name.length, 12);
  return Buffer.concat([zip.subarray(0, start), entry, field, Buffer.from(name), tail]);
}

const zipOdd: readonly Hostile[] = [
  { title: 'zip: .. in a second name', code: 'PATH_DOTS', make: () => secondName('../escape') },
  {
    title: 'zip with a changed byte',
    code: 'UNREADABLE',
    make: () => {
      const zip = zipOf([{ name: 'f', content: 'x', method: 0 }]);
      zip.write('y', 31);
      return zip;
    },
  },
  {
    title: 'zip without its directory',
    code: 'UNREADABLE',
    make: () => zipOf([{ name: 'f', content: 'x' }]).subarray(0, 40),
  },
  {
    title: 'zip whose directory lies elsewhere',
    code: 'UNREADABLE',
    make: () => {
      const zip = zipOf([{ name: 'f', content: 'x' }]);
      zip.writeUInt32LE(0x7fffffff, zip.length - 6);
      return zip;
    },
  },
  {
    title: 'zip that claims more entries than it has',
    code: 'UNREADABLE',
    make: () => {
      const zip = zipOf([{ name: 'f', content: 'x' }]);
      zip.writeUInt16LE(60_000, zip.length - 12);
      zip.writeUInt16LE(60_000, zip.length - 14);
      return zip;
    },
  },
];

const prefixed = (code: string) => `FILES_ARCHIVE_${code}`;

export const hostileArchives: readonly Hostile[] = [
  ...tars.flatMap(([title, code, entries]) =>
    Object.entries(dressed).map(([kind, dress]): Hostile => ({
      title: `${kind}: ${title}`,
      code,
      make: async () => dress(await tarOf(entries)),
    })),
  ),
  ...odd,
  ...zips.map(([title, code, entries]): Hostile => ({
    title: `zip: ${title}`,
    code,
    make: () => zipOf(entries),
  })),
  ...zipOdd,
  ...bombs,
].map((each) => ({ ...each, code: prefixed(each.code) }));
