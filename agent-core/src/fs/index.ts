/**
 * The file layer of an agent, for its plugins: folders by handle, names without loss, archives that cannot get out, room on
 * the disk, and an area beside the data folder for what is in the making.
 */
export { quoted, refusals, toRefusal } from './errors.ts';
export { bytesOf, joined, parseNewPath, parsePath, textOf } from './names.ts';
export { Folder, nameOf, O_PATH, textOfName } from './folder.ts';
export { moveNew, nameNew, takeName } from './move.ts';
export { Disk, ENTRY_BYTES, freedBy, sizeOnDisk, type Reservation } from './disk.ts';
export { StagingArea } from './staging-area.ts';
export { ArchiveExtractor, type ExtractionLimits } from './archive/archive-extractor.ts';
export { errors as archiveErrors } from './archive/errors.ts';
export { archiveKind, extractArchive, type OpenArchive } from './archive/extract-archive.ts';
export { walk, type Met, type WalkLimits } from './walk.ts';
export type { Item } from './archive/item.ts';
export { tarStream } from './archive/write-tar.ts';
export { readTar } from './archive/read-tar.ts';
export { defaultLimits } from './archive/archive-extractor.ts';
