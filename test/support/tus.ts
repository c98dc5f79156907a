/** An upload as a browser does it by the tus protocol, with a line that can be cut anywhere. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { ApiClient } from './client.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

export class TusUpload {
  readonly #client: ApiClient;
  readonly #content: Buffer;
  readonly location: string;

  private constructor(client: ApiClient, content: Buffer, location: string) {
    this.#client = client;
    this.#content = content;
    this.location = location;
  }

  /** With the length alone somebody else sends the bytes. */
  static async begin(
    client: ApiClient,
    instanceId: string,
    content: Buffer | { readonly length: number },
    metadata: Readonly<Record<string, string>>,
  ): Promise<TusUpload> {
    const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${base64(value)}`);
    const answer = await client.request('POST', `/api/instances/${instanceId}/uploads`, undefined, {
      'tus-resumable': '1.0.0',
      'upload-length': String(content.length),
      'upload-metadata': pairs.join(','),
    });
    const location = answer.headers.get('location');
    if (answer.status !== 201 || location === null)
      throw new Error(`the upload was not begun: ${answer.status} ${JSON.stringify(answer.body)}`);
    return new TusUpload(client, Buffer.isBuffer(content) ? content : Buffer.alloc(0), location);
  }

  /** Where the platform says that it goes on. */
  async offset(): Promise<number> {
    const { status, headers } = await this.#client.request('HEAD', this.location, undefined, {
      'tus-resumable': '1.0.0',
    });
    if (status !== 200) throw new Error(`asked how far it is, the platform answered ${status}`);
    return Number(headers.get('upload-offset'));
  }

  /** Sends from there to the end. */
  async finish(from: number): Promise<{ readonly status: number; readonly text: string }> {
    const sending = this.#send(from);
    sending.end(this.#content.subarray(from));
    const [response] = (await once(sending, 'response')) as [
      NodeJS.ReadableStream & { statusCode: number },
    ];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode, text };
  }

  /** Sends these bytes of what should be all the rest, and hangs up once they are on their way. */
  async cut(from: number, to: number): Promise<void> {
    const sending = this.#send(from);
    sending.on('error', () => undefined); // we hang up ourselves
    await new Promise<void>((resolve) => {
      sending.write(this.#content.subarray(from, to), () => resolve());
      sending.once('close', resolve);
    });
    sending.destroy();
  }

  #send(from: number) {
    return request(this.#client.url + this.location, {
      method: 'PATCH',
      headers: {
        ...this.#client.headers,
        'tus-resumable': '1.0.0',
        'upload-offset': String(from),
        'content-type': 'application/offset+octet-stream',
        'content-length': String(this.#content.length - from),
      },
    });
  }
}
