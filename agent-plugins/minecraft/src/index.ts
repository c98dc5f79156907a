/** The contract of the agent's Minecraft plugin: what a game template writes into `probe.kind`. */

/** Ready when the server answers a status ping of its protocol; works for every version since 1.7. */
export const MINECRAFT_STATUS = 'minecraft.status';
