// Characters that turn the direction of a text around: they could let it read other than it is. No DOM here.

const Turning = /[\u202a-\u202e\u2066-\u2069]/g;

/** A text with a sign in the place of each of them. */
export const visible = text => text.replace(Turning, '␦');

/** JSON with an escape in the place of each of them: it means the same. */
export const visibleJson = json => json.replace(Turning, character => `\\u${character.charCodeAt(0).toString(16)}`);
