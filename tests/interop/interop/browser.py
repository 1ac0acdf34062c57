"""What a browser does during a sign-in: follows redirects with its cookies, until one leads back to the client.

Standard library only, so that drivers in other environments can import it. As a program it takes the authorization
URL and the callback, and prints the URL with which the callback was reached."""

import http.cookiejar
import sys
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 30


def visit(url: str, callback: str) -> dict[str, str]:
    """The parameters with which the client's callback is reached."""

    class StopAtCallback(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, request, file, code, message, headers, target):
            if target.startswith(callback):
                return None
            return super().redirect_request(request, file, code, message, headers, target)

    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    try:
        page = urllib.request.build_opener(cookies, StopAtCallback).open(url, timeout=SECONDS).read()
    except urllib.error.HTTPError as answer:
        location = answer.headers.get("location", "")
        assert location.startswith(callback), (answer.code, answer.read())
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    raise AssertionError(f"the sign-in ended at a page: {page!r}")


if __name__ == "__main__":
    print(f"{sys.argv[2]}?{urllib.parse.urlencode(visit(*sys.argv[1:]))}")
