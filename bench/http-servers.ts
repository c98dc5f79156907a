/** One of the two servers that `http.bench.ts` compares, in a process of its own. */
import { serveBare, serveThroughTheKernel } from '@zlh/http/testing';

const url = await (process.argv[2] === 'bare' ? serveBare() : serveThroughTheKernel());
process.on('message', () => process.send!(process.cpuUsage()));
process.on('disconnect', () => process.exit());
process.send!(Number(new URL(url).port));
