/** The contract of `mods`: what one may be allowed to do with the mods and plugins of an instance. */

/** To see what is installed, and to search; granted to operators. */
export const READ = 'mods.read';
/** To install, change and remove; granted to managers. */
export const WRITE = 'mods.write';
