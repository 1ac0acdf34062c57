// What a browser does during a sign-in: follows redirects with its cookies, until one leads back to the client.

const MAX_REDIRECTS = 20;

/** The URL with which the client's callback is reached. */
export async function visit(start, callback) {
  const cookies = [];
  let url = new URL(start);
  for (let hop = 0; hop < MAX_REDIRECTS && !url.href.startsWith(callback); hop++) {
    const sent = cookies.filter((cookie) => url.pathname.startsWith(cookie.path)).map((cookie) => cookie.pair);
    const response = await fetch(url, { redirect: 'manual', headers: { cookie: sent.join('; ') } });
    for (const line of response.headers.getSetCookie()) {
      keep(cookies, line);
    }
    const location = response.headers.get('location');
    if (!location) {
      throw new Error(`the sign-in ended at a page: ${response.status} ${await response.text()}`);
    }
    url = new URL(location, url);
  }
  return url;
}

function keep(cookies, line) {
  const [pair, ...attributes] = line.split('; ');
  const name = pair.slice(0, pair.indexOf('='));
  const path = attributes.find((one) => /^path=/i.test(one))?.slice('path='.length) ?? '/';
  const known = cookies.findIndex((cookie) => cookie.name === name && cookie.path === path);
  if (known >= 0) {
    cookies.splice(known, 1);
  }
  if (pair !== `${name}=`) {
    cookies.push({ name, path, pair });
  }
}
