/** The contract of `files`: what one may be allowed to do with the files of an instance. */

/** To look at files and download them; granted to operators. */
export const READ = 'files.read';
/** To change them, and to upload; granted to managers. */
export const WRITE = 'files.write';
