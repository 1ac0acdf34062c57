use super::*;

fn resource() -> Resource {
    Resource {
        url: "https://mcp.example.com/mcp".to_owned(),
        origin: "https://mcp.example.com".to_owned(),
        mcp_path: "/mcp".to_owned(),
        name: None,
        documentation: None,
    }
}

fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
    values.iter().fold(HeaderMap::new(), |mut headers, value| {
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        headers
    })
}

#[test]
fn origins() {
    use OriginRefused::{Malformed, NotAllowed, Repeated};
    let allowed = ["https://app.example.com:8443".to_owned(), "vscode-webview://abc".to_owned()];
    // values, on a public address, on loopback
    type Row = (&'static [&'static str], Result<(), OriginRefused>, Result<(), OriginRefused>);
    let table: &[Row] = &[
        (&[], Ok(()), Ok(())),
        (&["https://mcp.example.com"], Ok(()), Ok(())),
        (&["https://app.example.com:8443"], Ok(()), Ok(())),
        (&["vscode-webview://abc"], Ok(()), Ok(())),
        (&["vscode-webview://abd"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://mcp.example.com"], Err(NotAllowed), Err(NotAllowed)),
        (&["https://mcp.example.com:8443"], Err(NotAllowed), Err(NotAllowed)),
        (&["https://app.example.com"], Err(NotAllowed), Err(NotAllowed)),
        (&["https://mcp.example.com.evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["https://evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://localhost:3000"], Err(NotAllowed), Ok(())),
        (&["https://app.localhost"], Err(NotAllowed), Ok(())),
        (&["http://127.0.0.1:3000"], Err(NotAllowed), Ok(())),
        (&["http://127.8.8.8"], Err(NotAllowed), Ok(())),
        (&["http://[::1]:3000"], Err(NotAllowed), Ok(())),
        (&["ftp://localhost"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://localhost.evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://notlocalhost"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://10.0.0.1"], Err(NotAllowed), Err(NotAllowed)),
        (&["http://0.0.0.0"], Err(NotAllowed), Err(NotAllowed)),
        (&["null"], Err(Malformed), Err(Malformed)),
        (&[""], Err(Malformed), Err(Malformed)),
        (&["*"], Err(Malformed), Err(Malformed)),
        (&["mcp.example.com"], Err(Malformed), Err(Malformed)),
        (&["https://mcp.example.com/"], Err(Malformed), Err(Malformed)),
        (&["https://mcp.example.com:443"], Err(Malformed), Err(Malformed)),
        (&["https://MCP.example.com"], Err(Malformed), Err(Malformed)),
        (&["http://127.1"], Err(Malformed), Err(Malformed)),
        (&["https://u@mcp.example.com"], Err(Malformed), Err(Malformed)),
        (&["http://localhost#@evil.example"], Err(Malformed), Err(Malformed)),
        (&["https://mcp.example.com https://evil.example"], Err(Malformed), Err(Malformed)),
        (&["https://é.example"], Err(Malformed), Err(Malformed)),
        (&["https://mcp.example.com", "https://mcp.example.com"], Err(Repeated), Err(Repeated)),
        (&["https://mcp.example.com", "https://evil.example"], Err(Repeated), Err(Repeated)),
    ];
    for (values, public, loopback) in table {
        let headers = headers("origin", values);
        for (on_loopback, expected) in [(false, public), (true, loopback)] {
            let verdict = check_origin(&headers, &resource(), &allowed, on_loopback);
            let expected = expected.map(|()| headers.get(ORIGIN));
            assert_eq!(verdict, expected, "{values:?} {on_loopback}");
        }
    }
}

#[test]
fn hosts() {
    use HostRefused::{Malformed, Missing, NotAllowed, Repeated};
    type Row = (&'static [&'static str], Result<(), HostRefused>, Result<(), HostRefused>);
    let table: &[Row] = &[
        (&["mcp.example.com"], Ok(()), Ok(())),
        (&["MCP.Example.com:9000"], Ok(()), Ok(())),
        (&["localhost"], Err(NotAllowed), Ok(())),
        (&["localhost:9000"], Err(NotAllowed), Ok(())),
        (&["LOCALHOST:1"], Err(NotAllowed), Ok(())),
        (&["app.localhost"], Err(NotAllowed), Ok(())),
        (&["127.0.0.1:9000"], Err(NotAllowed), Ok(())),
        (&["[::1]:9000"], Err(NotAllowed), Ok(())),
        (&["[::1]"], Err(NotAllowed), Ok(())),
        (&["evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["evil.example:9000"], Err(NotAllowed), Err(NotAllowed)),
        (&["127.0.0.1.evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["localhost.evil.example"], Err(NotAllowed), Err(NotAllowed)),
        (&["10.0.0.1"], Err(NotAllowed), Err(NotAllowed)),
        (&["[::2]"], Err(NotAllowed), Err(NotAllowed)),
        (&["localhost@evil.example"], Err(Malformed), Err(Malformed)),
        (&["evil.example@localhost"], Err(Malformed), Err(Malformed)),
        (&["local host"], Err(Malformed), Err(Malformed)),
        (&["localhost/evil"], Err(Malformed), Err(Malformed)),
        (&[""], Err(Malformed), Err(Malformed)),
        (&[":80"], Err(Malformed), Err(Malformed)),
        (&[], Err(Missing), Err(Missing)),
        (&["localhost", "localhost"], Err(Repeated), Err(Repeated)),
    ];
    for (values, public, loopback) in table {
        let headers = headers("host", values);
        for (on_loopback, expected) in [(false, public), (true, loopback)] {
            let verdict = check_host(&headers, None, &resource(), on_loopback);
            assert_eq!(verdict, *expected, "{values:?} {on_loopback}");
        }
    }
}

#[test]
fn an_absolute_target_replaces_the_host() {
    let good = headers("host", &["mcp.example.com"]);
    let evil = Authority::from_static("evil.example");
    let own = Authority::from_static("mcp.example.com:443");
    assert_eq!(check_host(&good, Some(&evil), &resource(), false), Err(HostRefused::NotAllowed));
    assert_eq!(check_host(&headers("host", &["evil.example"]), Some(&own), &resource(), false), Ok(()));
    assert_eq!(check_host(&HeaderMap::new(), Some(&own), &resource(), false), Ok(()));
}

#[test]
fn a_resource_on_an_address_is_its_own_host() {
    let resource = Resource { origin: "http://[::1]:9000".to_owned(), ..resource() };
    assert_eq!(check_host(&headers("host", &["[0:0::1]:9000"]), None, &resource, false), Ok(()));
}
