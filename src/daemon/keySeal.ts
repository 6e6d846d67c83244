// How the next key gets to the other box: X25519 (RFC 7748) between keys that live only as long as this agent, HKDF-SHA-256 with
// a key that is derived from the pair's, AES-256-GCM. Whoever has recorded it all and learns the pair's key later learns nothing
// of the next one; whoever stands in between needs the pair's key at that moment.
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Sealed } from '../protocol/keyStatement.ts';

const tagBytes = 16;
/** SubjectPublicKeyInfo of X25519 (RFC 8410): what stands before the 32 bytes of the key. */
const spkiPrefix = '302a300506032b656e032100';

export class KeySeal {
  readonly #private: KeyObject;
  /** 32 bytes in hex. */
  readonly publicKey: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    this.#private = privateKey;
    this.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('hex').slice(-64);
  }

  /** `salt`: 32 bytes that only the pair knows; `secret`: 32 bytes in hex. */
  seal(secret: string, peer: string, salt: Buffer): Sealed | null {
    const key = this.#shared(peer, salt, this.publicKey + peer);
    if (key === null) return null;
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([cipher.update(secret, 'hex'), cipher.final()]);
    const box = Buffer.concat([sealed, cipher.getAuthTag()]).toString('hex');
    return { nonce: nonce.toString('hex'), box };
  }

  /** The secret in hex; null where it was sealed for somebody else or by somebody else. */
  open({ nonce, box }: Sealed, peer: string, salt: Buffer): string | null {
    const key = this.#shared(peer, salt, peer + this.publicKey);
    if (key === null) return null;
    const bytes = Buffer.from(box, 'hex');
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'hex'), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    try {
      const opened = decipher.update(bytes.subarray(0, -tagBytes));
      return Buffer.concat([opened, decipher.final()]).toString('hex');
    } catch {
      return null;
    }
  }

  /** A key for one direction between these two public keys; null where the peer's is none. */
  #shared(peer: string, salt: Buffer, info: string): Buffer | null {
    try {
      const der = Buffer.from(spkiPrefix + peer, 'hex');
      const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
      const secret = diffieHellman({ privateKey: this.#private, publicKey });
      return Buffer.from(hkdfSync('sha256', secret, salt, `hotpair key seal 1 ${info}`, 32));
    } catch {
      return null;
    }
  }
}
