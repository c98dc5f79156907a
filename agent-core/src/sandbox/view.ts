/** The part of the machine that a sandbox shows, and to whom. Every path is the same inside as outside. */

/** User and group in numbers. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Name and shell of the user, as `/etc/passwd` inside says. */
export interface Account {
  readonly name: string;
  readonly shell: string;
}

export interface View {
  /** Whom the program runs as; an agent that is no root can only give its own. */
  readonly user: Identity;
  /** Default: `game`. */
  readonly account?: Account | undefined;
  /**
   * Folders to read and write. Their path must be out of the program's reach: nobody may swap it for a
   * link.
   */
  readonly writable: readonly string[];
  /** Files and folders to read, besides the system's own programs and libraries. */
  readonly readable: readonly string[];
  /** Folders that stay invisible, wherever a readable one holds them. */
  readonly hidden: readonly string[];
  /**
   * Folders of control groups by the name of their controller; shown read-only, so that a runtime knows its
   * limits.
   */
  readonly groups: Readonly<Record<string, string>>;
  /** Most bytes that `/tmp`, and `/dev/shm` beside it, may hold. */
  readonly temporaryBytes: number;
  /** Where the program begins; one of `writable`. */
  readonly cwd: string;
}
