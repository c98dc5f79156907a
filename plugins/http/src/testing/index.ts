/** For tests of plugins that offer routes: a client that keeps its cookie, and hostile input for every route. */
export { TestClient, type TestAnswer } from './client.ts';
export { badInput, type BadInputOptions, type BadInputReport } from './bad-input.ts';
export { sampleOf } from './sample.ts';
export { serveBare, serveThroughTheKernel } from './compared.ts';
