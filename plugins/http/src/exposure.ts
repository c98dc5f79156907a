/** What `zlh doctor` has to say about customers' programs that are near to the platform: who could pass for a proxy, and whose pages get its cookie. */
import type { Check, CheckResult, Logger } from '@zlh/kernel';
import { TenantAddresses, type TenantAddress } from './index.ts';
import type { Settings } from './settings.ts';
import { trustsThisMachine } from './trust.ts';

export function exposureChecks(config: Settings): readonly Check[] {
  const check = (
    title: string,
    find: (config: Settings, tenants: readonly TenantAddress[]) => CheckResult,
  ): Check => ({
    title,
    run: ({ points }) =>
      find(
        config,
        points(TenantAddresses).map(({ value }) => value),
      ),
  });
  return [check('reverse proxies', findProxies), check('name of the panel', findPanelName)];
}

export function warnOfLoopbackProxies(
  config: Settings,
  tenants: readonly TenantAddress[],
  log: Logger,
): void {
  const { state, found, todo } = findProxies(config, tenants);
  if (state !== 'ok') log.warn(`${found} ${todo}`);
}

function findProxies(
  { trustedProxies, proxySocket }: Settings,
  tenants: readonly TenantAddress[],
): CheckResult {
  const near = tenants.filter(({ onThisMachine }) => onThisMachine).map(({ who }) => who);
  if (near.length > 0 && trustsThisMachine(trustedProxies))
    return {
      state: 'warning',
      found: `"trustedProxies" holds addresses of this machine, so ${near.join(' and ')} can claim to be any visitor.`,
      todo: 'Let the proxy connect to a unix socket (ZLH_HTTP_PROXY_SOCKET), and take these addresses out.',
    };
  const through = proxySocket === undefined ? [] : [`those at ${proxySocket}`];
  const believed = [...through, ...trustedProxies];
  return {
    state: 'ok',
    found: believed.length === 0 ? 'none is believed.' : `believed: ${believed.join(', ')}.`,
  };
}

function findPanelName(
  { publicUrl, host }: Settings,
  tenants: readonly TenantAddress[],
): CheckResult {
  if (publicUrl === undefined && isLoopback(host))
    return { state: 'ok', found: 'only this machine reaches it.' };
  const panel = publicUrl === undefined ? host : new URL(publicUrl).hostname;
  const same = tenants.filter((tenant) => tenant.host.toLowerCase() === panel.toLowerCase());
  if (same.length === 0) return { state: 'ok', found: `"${panel}" is no server's name.` };
  return {
    state: 'warning',
    found: `Players reach ${same.map(({ who }) => who).join(' and ')} at "${panel}" too, and browsers send the cookies of a name to each of its ports.`,
    todo: 'Give the players another name (ZLH_PROVIDER_LOCAL_PUBLIC_HOST), and serve the panel over https.',
  };
}

const isLoopback = (host: string) => /^(localhost|127\..*|::1)$/.test(host);
