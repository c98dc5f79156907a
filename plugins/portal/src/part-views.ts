/** The parts as `GET /api/portal/parts` answers them: with the address of each module. */
import { Type, type Static } from 'typebox';

const plugin = Type.String({ description: 'The plugin that adds it.' });
const module = Type.String({ description: 'Address of the module, below the platform’s own.' });
const order = Type.Number();
const text = Type.String();
const Tally = Type.Object({ element: text, module });

const PageView = Type.Object(
  {
    plugin,
    id: text,
    label: text,
    path: Type.String({ description: '`/servers/:instanceId/:tab?`' }),
    element: text,
    module,
    order,
    public: Type.Boolean({ description: 'For those who are not signed in.' }),
    navigation: Type.Optional(
      Type.Object({ icon: Type.Optional(text), tally: Type.Optional(Tally) }),
    ),
    under: Type.Optional(text),
    properties: Type.Optional(Type.Record(Type.String(), text)),
  },
  { title: 'PortalPage' },
);

const TabView = Type.Object(
  {
    plugin,
    id: text,
    label: text,
    element: text,
    module,
    order,
    when: Type.Optional(
      Type.Object({
        kinds: Type.Optional(Type.Array(text)),
        games: Type.Optional(Type.Array(text)),
      }),
    ),
  },
  { title: 'PortalTab' },
);

const CommandView = Type.Object(
  {
    plugin,
    id: text,
    order,
    label: Type.Optional(text),
    href: Type.Optional(text),
    icon: Type.Optional(text),
    module: Type.Optional(module),
  },
  { title: 'PortalCommand' },
);

const NoticeView = Type.Object(
  { plugin, id: text, element: text, module, order },
  { title: 'PortalNotice' },
);

export const PartsView = Type.Object(
  {
    pages: Type.Array(PageView),
    instanceTabs: Type.Array(TabView),
    commands: Type.Array(CommandView),
    notices: Type.Array(NoticeView),
  },
  { title: 'PortalParts' },
);
export type PartsView = Static<typeof PartsView>;
