/**
 * The contract of `portal`: a frame that knows no feature. Stock plugins and strangers alike add its pages,
 * navigation, tabs of an instance, commands and notices.
 */
import { point } from '@zlh/kernel';
import { Type, type Static } from 'typebox';

/** Below these paths the API answers or files lie; everywhere else the portal does. */
export const reservedPaths = [
  'api',
  'health',
  'metrics',
  'assets',
  'elements',
  'plugins',
  'portal',
] as const;

const identifier = Type.String({ pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 60 });
const tag = Type.String({ pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)+$', maxLength: 80 });
const label = Type.String({ minLength: 1, maxLength: 60 });
const optional = Type.Optional;
const closed = { additionalProperties: false } as const;

/** An element, and the module that defines it. */
const element = {
  element: tag,
  /** Path within `folder`, `page.js`, where it is not the set's own. Imported when first looked at. */
  module: optional(Type.String({ minLength: 1, maxLength: 200 })),
};
/** The order of a part among others, and the permission that shows it. */
const listed = {
  /** Lower comes first; 100 where it is not said. Equal ones stand in the order of their labels. */
  order: optional(Type.Number()),
  /** Only those whose role and scopes include it. */
  permission: optional(Type.String()),
};

const PageSchema = Type.Object(
  {
    id: identifier,
    /** The title. */
    label,
    /**
     * `/servers/:instanceId/:tab?`: a name after a colon takes one segment, the last may be absent. Each
     * becomes a property of the element; `addressQuery` holds the query.
     */
    path: Type.String({ pattern: '^/[A-Za-z0-9/:_?-]*$', maxLength: 200 }),
    ...element,
    ...listed,
    /** For strangers only, such as a sign-in: the first by `order` is where they are led. */
    public: optional(Type.Boolean()),
    /** Its entry in the navigation. `tally` is an element that stands behind the label. */
    navigation: optional(
      Type.Object(
        { icon: optional(identifier), tally: optional(Type.Object(element, closed)) },
        closed,
      ),
    ),
    /** Without an entry of its own: the id of the page under whose entry it lies. */
    under: optional(identifier),
    /** Set on the element as they are. */
    properties: optional(Type.Record(Type.String(), Type.String())),
  },
  closed,
);

const TabSchema = Type.Object(
  {
    /** Last part of the tab's address: one tab of an instance has one id, whichever plugin adds it. */
    id: identifier,
    label,
    ...element,
    ...listed,
    /** For which instances; each member that is given must fit. */
    when: optional(
      Type.Object(
        {
          /** Kinds of instances: `game`, `dev`. */
          kinds: optional(Type.Array(Type.String())),
          /** Ids of games. */
          games: optional(Type.Array(Type.String())),
        },
        closed,
      ),
    ),
  },
  closed,
);

const CommandSchema = Type.Object(
  {
    id: identifier,
    /** Stands in the palette and leads to `href`. A command with `module` has neither. */
    label: optional(label),
    href: optional(Type.String({ pattern: '^/[^/\\\\]' })),
    icon: optional(identifier),
    /**
     * A module that answers commands of its own whenever the palette opens:
     * `export function commands({ connection, page }): Command[]`.
     */
    module: optional(Type.String()),
    ...listed,
  },
  closed,
);

const NoticeSchema = Type.Object({ id: identifier, ...element, ...listed }, closed);

/** The kinds of parts, and the schema of each. */
export const partSchemas = {
  pages: PageSchema,
  instanceTabs: TabSchema,
  commands: CommandSchema,
  notices: NoticeSchema,
} as const;
export type PartKind = keyof typeof partSchemas;

/** A page with an address of its own. */
export type PortalPage = Static<typeof PageSchema>;
/** A tab of an instance's page: its element gets `instance`, `status`, `readings`, `server` and `token`. */
export type InstanceTab = Static<typeof TabSchema>;
export type PortalCommand = Static<typeof CommandSchema>;
/** An invisible element beside every page that tells news by `zlh-toast` events. */
export type PortalNotice = Static<typeof NoticeSchema>;

export interface PortalPartSet {
  /**
   * Folder of built modules, read once at the start and served to everybody below
   * `/plugins/<id>/<hash>/`. Absent: modules are elements of the portal's own build, by name: `instances`
   * is `web-components/src/instances/`.
   */
  readonly folder?: URL;
  /** Defines the elements of all parts that name no module. */
  readonly module?: string;
  readonly pages?: readonly PortalPage[];
  readonly instanceTabs?: readonly InstanceTab[];
  readonly commands?: readonly PortalCommand[];
  readonly notices?: readonly PortalNotice[];
}
/** `add(PortalParts, { … })`. Parts that are not as their schema says are logged and left out. */
export const PortalParts = point<PortalPartSet>('portal.parts');
