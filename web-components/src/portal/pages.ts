/**
 * The portal's pages: address, title, place in the navigation, and the element that is the page. A page is loaded when it
 * is first looked at. One more page is one more entry here.
 */
import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** What a page's address and query held. */
export type Place = Readonly<Record<string, string>>;

export interface PortalPage {
  /** `/servers/:id`; a name after a colon takes one segment. */
  path: string;
  title: string;
  /** Which entry of the navigation it lies under. */
  under?: 'servers' | 'operations' | 'account';
  /** For those who are not signed in. */
  door?: boolean;
  load(): Promise<unknown>;
  render(place: Place): TemplateResult;
}

const server = async (): Promise<unknown> => import('../instance-page/instance-page.ts');
const door = async (): Promise<unknown> => import('../sign-in/sign-in.ts');

const serverTab = (tab: string) => (place: Place) =>
  html`<zlh-instance-page instance-id=${place['id'] ?? ''} tab=${tab}></zlh-instance-page>`;

export const pages: readonly PortalPage[] = [
  {
    path: '/servers',
    title: 'Servers',
    under: 'servers',
    load: async () => import('../instances/instances.ts'),
    render: () => html`<zlh-instances></zlh-instances>`,
  },
  {
    path: '/servers/new',
    title: 'Create server',
    under: 'servers',
    load: async () => import('../create-instance/create-instance.ts'),
    render: () => html`<zlh-create-instance></zlh-create-instance>`,
  },
  {
    path: '/servers/:id',
    title: 'Server',
    under: 'servers',
    load: server,
    render: serverTab('console'),
  },
  {
    path: '/servers/:id/activity',
    title: 'Activity',
    under: 'servers',
    load: server,
    render: serverTab('activity'),
  },
  {
    path: '/servers/:id/details',
    title: 'Details',
    under: 'servers',
    load: server,
    render: serverTab('details'),
  },
  {
    path: '/operations',
    title: 'Operations',
    under: 'operations',
    load: async () => import('../operations/operations.ts'),
    render: () => html`<zlh-operations></zlh-operations>`,
  },
  {
    path: '/account',
    title: 'Account',
    under: 'account',
    load: async () => import('../account/account.ts'),
    render: () => html`<zlh-account></zlh-account>`,
  },
  {
    path: '/sign-in',
    title: 'Sign in',
    door: true,
    load: door,
    render: () => html`<zlh-sign-in door="sign-in"></zlh-sign-in>`,
  },
  {
    path: '/register',
    title: 'Create an account',
    door: true,
    load: door,
    render: () => html`<zlh-sign-in door="register"></zlh-sign-in>`,
  },
  {
    path: '/setup',
    title: 'Set up',
    door: true,
    load: door,
    render: (place) =>
      html`<zlh-sign-in door="setup" .setupToken=${place['token'] ?? ''}></zlh-sign-in>`,
  },
];
