/** A notice board: one text that administrators write and everybody who is signed in reads. */
import { Permissions } from '@zlh/accounts';
import { Database, Migrations } from '@zlh/database';
import { defineRoute, problems, Routes } from '@zlh/http';
import { definePlugin } from '@zlh/kernel';
import { PortalParts } from '@zlh/portal';

const write = 'notice-board.write';
const maxLength = 2000;

export default definePlugin({
  id: 'notice-board',
  needs: { database: Database },
  setup({ add }) {
    add(Migrations, [
      {
        name: '001_notice',
        up: [
          `create table notice_board_notice (id int primary key, text varchar(${maxLength}) not null, changed_by varchar(320) not null, changed_at timestamptz not null)`,
        ],
      },
    ]);
    add(Permissions, [
      { id: write, description: 'Write on the notice board', administrator: true },
    ]);
    add(Routes, routes);
    add(PortalParts, {
      folder: new URL('portal/', import.meta.url),
      module: 'notice-board.js',
      pages: [
        {
          id: 'notice-board',
          label: 'Notice board',
          path: '/notice-board',
          element: 'notice-board-page',
          order: 70,
          navigation: { icon: 'copy' },
        },
      ],
    });
  },
});

/** Only handlers read `use`: routes are listed before a start, too. */
function routes(use) {
  const read = async (identity) => {
    const [notice] = await use.database
      .fork()
      .execute('select text, changed_by, changed_at from notice_board_notice where id = 1');
    return {
      text: notice?.text ?? '',
      changedBy: notice?.changed_by ?? null,
      changedAt: notice === undefined ? null : new Date(notice.changed_at).toISOString(),
      mayWrite: identity.can(write),
    };
  };
  const body = {
    type: 'object',
    required: ['text'],
    additionalProperties: false,
    properties: { text: { type: 'string', maxLength } },
  };
  return [
    defineRoute({
      method: 'GET',
      url: '/api/notice-board',
      summary: 'Get the notice',
      access: 'signed-in',
      handler: ({ identity }) => read(identity),
    }),
    defineRoute({
      method: 'PUT',
      url: '/api/notice-board',
      summary: 'Write the notice',
      access: { permission: write },
      schema: { body },
      async handler({ identity, body: { text } }) {
        if (text.includes('\0'))
          throw problems.conflict('notice-board.nul', 'A notice holds text.');
        await use.database.fork().execute(
          `insert into notice_board_notice (id, text, changed_by, changed_at) values (1, ?, ?, now())
           on conflict (id) do update set text = excluded.text, changed_by = excluded.changed_by, changed_at = now()`,
          [text, identity.label],
        );
        return read(identity);
      },
    }),
  ];
}
