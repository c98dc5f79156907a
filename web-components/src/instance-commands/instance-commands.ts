/** Commands about servers: what can be done to the one that one looks at, and the way to each of them. */
import type { Instance } from '../api/schema.ts';
import type { ZlhInstanceActions } from '../instance-actions/instance-actions.ts';
import { possibleActions } from '../instance-actions/possible-actions.ts';
import type { Command, CommandContext } from '../palette/command.ts';
import { addressText } from '../words/instances.ts';
import { instanceState } from '../words/states.ts';

const offered = [
  { action: 'start', label: 'Start', icon: 'play' },
  { action: 'restart', label: 'Restart', icon: 'restart' },
  { action: 'stop', label: 'Stop', icon: 'stop' },
] as const;

/** The part of an instance's page that commands read. */
interface InstancePage extends HTMLElement {
  readonly instanceId?: string;
  readonly actions?: ZlhInstanceActions;
}

interface Context extends CommandContext {
  page: InstancePage | undefined;
}

export function commands({ connection, page, go }: Context): Command[] {
  const { instanceId = '', actions } = page ?? ({} as Partial<InstancePage>);
  const instance = connection.instances.get(instanceId);
  return [
    ...(instance && actions ? actionsOn(instance, actions) : []),
    ...connection.instances.items.map((item) => ({
      label: item.name,
      note: [instanceState(item).word, addressText(item)].filter(Boolean).join(' · '),
      icon: 'servers',
      run: () => go(`/servers/${item.id}`),
    })),
  ];
}

function actionsOn(instance: Instance, actions: ZlhInstanceActions): Command[] {
  const open = possibleActions(instance);
  return [
    ...offered
      .filter(({ action }) => open.has(action))
      .map(({ action, label, icon }) => ({
        label: `${label} ${instance.name}`,
        icon,
        run: () => void actions.act(action),
      })),
    { label: `Delete ${instance.name}`, icon: 'trash', run: () => actions.askDelete() },
  ];
}
