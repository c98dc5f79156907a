/** The screens of accounts: one's own account, and the pages by which strangers come in. */
import type { PortalPartSet } from '@zlh/portal';

const door = { element: 'zlh-sign-in', module: 'sign-in', public: true } as const;

export const portalParts: PortalPartSet = {
  pages: [
    {
      id: 'account',
      label: 'Account',
      path: '/account',
      element: 'zlh-account',
      module: 'account',
      order: 90,
      navigation: { icon: 'user' },
    },
    {
      ...door,
      id: 'sign-in',
      label: 'Sign in',
      path: '/sign-in',
      order: 10,
      properties: { door: 'sign-in' },
    },
    {
      ...door,
      id: 'register',
      label: 'Create an account',
      path: '/register',
      order: 20,
      properties: { door: 'register' },
    },
    {
      ...door,
      id: 'setup',
      label: 'Set up',
      path: '/setup',
      order: 30,
      properties: { door: 'setup' },
    },
  ],
};
