//! Station *relay*, answers that bring lists: a document is read whole before anything of it goes back, an event stream is
//! left to the flow, and what can't be understood is withheld.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::CONTENT_LENGTH;
use rolecall_core::{
    authorize::{AnswerForm, EventFilter, ListFilter, MAX_ANSWER_BYTES, Unreadable},
    rejection::Rejection,
};

use crate::{call::Broken, upstream::UpstreamAnswer};

/// The answer without the items that `filter` hides; as it is where there is no filter.
///
/// # Errors
/// [`Rejection::AnswerWithheld`]; [`Rejection::UpstreamUnavailable`] where the document breaks off.
pub async fn filtered(
    mut answer: UpstreamAnswer,
    filter: Option<ListFilter>,
) -> Result<UpstreamAnswer, Rejection> {
    let Some(filter) = filter else { return Ok(answer) };
    let form = AnswerForm::of(answer.status, &answer.headers);
    match form {
        AnswerForm::ErrorText => return Ok(answer),
        AnswerForm::Events => {
            answer.filter = Some(EventFilter::new(filter));
            return Ok(answer);
        }
        AnswerForm::Document | AnswerForm::ErrorDocument | AnswerForm::Unknown => {}
    }
    let body = whole(&mut answer).await?;
    let cut = match form {
        _ if body.is_empty() => None,
        AnswerForm::Document => filter.document(&body).map_err(withheld)?,
        AnswerForm::ErrorDocument => filter.error_document(&body).map_err(withheld)?,
        _ => return Err(withheld(Unreadable::Form)),
    };
    if let Some(cut) = cut {
        answer.headers.remove(CONTENT_LENGTH);
        answer.length = None;
        answer.beginning = cut.into();
    } else {
        answer.beginning = body;
    }
    Ok(answer)
}

fn withheld(unreadable: Unreadable) -> Rejection {
    Rejection::AnswerWithheld(unreadable)
}

async fn whole(answer: &mut UpstreamAnswer) -> Result<Bytes, Rejection> {
    let mut body = BytesMut::from(std::mem::take(&mut answer.beginning));
    while let Some(rest) = &mut answer.rest {
        match rest.next().await {
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
            Some(Err(Broken)) => return Err(Rejection::UpstreamUnavailable),
            None => answer.rest = None,
        }
        if body.len() > MAX_ANSWER_BYTES {
            return Err(withheld(Unreadable::TooLarge));
        }
    }
    Ok(body.freeze())
}
