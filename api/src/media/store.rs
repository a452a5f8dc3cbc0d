//! Where images are kept: a folder, or a bucket that speaks the S3 protocol.
//!
//! Objects are named after the digest of what is in them, so an object never changes, two equal uploads share one,
//! and whoever serves them may be told to keep them for ever.

use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    Attribute, Attributes, ClientOptions, Error as BackendError, ObjectStore, ObjectStoreExt, PutOptions,
    RetryConfig,
};

use super::MediaError;
use pressroom_schema::MediaType;

/// What a bucket's objects say about how long they may be kept (RFC 8246): they never change.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// How to reach an S3-compatible service. A folder needs none of it.
#[derive(Clone, Default)]
pub struct S3Settings {
    /// The URL of the service; none for Amazon's own.
    pub endpoint: Option<String>,
    /// The region to sign for; none for `us-east-1`, which most other services accept.
    pub region: Option<String>,
    /// The access key; none (with no secret either) to ask the machine's instance role.
    pub access_key_id: Option<String>,
    /// The secret that belongs to the access key.
    pub secret_access_key: Option<String>,
    /// Allows an endpoint without TLS, as on one's own machine.
    pub allow_http: bool,
    /// Puts the bucket into the path (`https://host/bucket/key`), not into the host name
    /// (`https://bucket.host/key`). Most services other than Amazon's want this.
    pub path_style: bool,
}

impl S3Settings {
    /// From settings as they are written down, where an empty text means that none is given. An endpoint of one's
    /// own is addressed by path, and without TLS if it begins with `http://`.
    #[must_use]
    pub fn from_texts(endpoint: &str, region: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let endpoint = given(endpoint);
        Self {
            allow_http: endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://")),
            path_style: endpoint.is_some(),
            endpoint,
            region: given(region),
            access_key_id: given(access_key_id),
            secret_access_key: given(secret_access_key),
        }
    }
}

impl std::fmt::Debug for S3Settings {
    /// Everything but the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &self.secret_access_key.as_ref().map(|_| "***"))
            .field("allow_http", &self.allow_http)
            .field("path_style", &self.path_style)
            .finish()
    }
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its content.
    pub bytes: Bytes,
    /// The length of the content, in bytes.
    pub len: u64,
}

/// The place where images are kept. A clone is the same place.
#[derive(Debug, Clone)]
pub struct MediaStore {
    backend: Arc<dyn ObjectStore>,
    /// A bucket keeps headers beside an object; a folder cannot.
    keeps_headers: bool,
    place: String,
    folder: Option<PathBuf>,
}

impl MediaStore {
    /// Opens the store that a setting names: a folder (made where it is missing) as a path or `file:///path`, or
    /// `s3://bucket` with an optional `/prefix`. No request is made yet: [`MediaStore::check`] does.
    ///
    /// # Errors
    /// [`MediaError::Store`] where the setting names nothing that can be used.
    pub fn open(media_url: &str, s3: S3Settings) -> Result<Self, MediaError> {
        let media_url = media_url.trim();
        match media_url.split_once("://") {
            None if media_url.is_empty() => {
                Err(MediaError::Store("no place is set: give a folder or s3://bucket/prefix".to_owned()))
            }
            None => Self::open_folder(FilePath::new(media_url)),
            Some(("file", _)) => {
                let path = url::Url::parse(media_url)
                    .ok()
                    .and_then(|url| url.to_file_path().ok())
                    .ok_or_else(|| {
                        MediaError::Store(format!(
                            "{media_url} names no folder: write file:///path/to/folder"
                        ))
                    })?;
                Self::open_folder(&path)
            }
            Some(("s3", rest)) => Self::open_bucket(rest, s3),
            Some((scheme, _)) => Err(MediaError::Store(format!(
                "{scheme}:// is not supported: give a folder or s3://bucket/prefix"
            ))),
        }
    }

    fn open_folder(folder: &FilePath) -> Result<Self, MediaError> {
        let failed = |error: &dyn std::fmt::Display| {
            MediaError::Store(format!("the folder {} cannot be used: {error}", folder.display()))
        };
        pressroom_schema::db::private_folder(folder).map_err(|error| failed(&error))?;
        // Each file is written beside its place, flushed to the disk, and renamed into it.
        let backend =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(&error))?.with_fsync(true);
        Ok(Self {
            backend: Arc::new(backend),
            keeps_headers: false,
            place: folder.display().to_string(),
            folder: Some(folder.to_owned()),
        })
    }

    fn open_bucket(rest: &str, s3: S3Settings) -> Result<Self, MediaError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(MediaError::Store("the bucket has no name: write s3://bucket/prefix".to_owned()));
        }
        let failed = |error: &dyn std::fmt::Display| {
            MediaError::Store(format!("the bucket {bucket} cannot be used: {error}"))
        };
        // Somebody waits for each answer, so a service that does not come is given up on sooner than by default.
        let options = ClientOptions::new()
            .with_allow_http(s3.allow_http)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_mins(1));
        let retry =
            RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(90), ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_client_options(options)
            .with_retry(retry)
            // One DELETE an object, which every service knows; the bulk request is Amazon's own.
            .with_disable_bulk_delete(true)
            .with_virtual_hosted_style_request(!s3.path_style);
        if let Some(endpoint) = s3.endpoint.as_deref() {
            let endpoint =
                if s3.path_style { Some(endpoint.to_owned()) } else { with_host_prefix(endpoint, bucket) };
            builder = builder.with_endpoint(
                endpoint.ok_or_else(|| failed(&"its endpoint is not a URL: write https://host"))?,
            );
        }
        if let Some(region) = s3.region {
            builder = builder.with_region(region);
        }
        match (s3.access_key_id, s3.secret_access_key) {
            (Some(id), Some(secret)) => {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
            }
            (None, None) => {}
            _ => return Err(failed(&"an access key and its secret are needed together")),
        }
        let bucket_store = builder.build().map_err(|error| failed(&error))?;
        let prefix = Path::parse(prefix).map_err(|error| failed(&error))?;
        let backend: Arc<dyn ObjectStore> = if prefix.as_ref().is_empty() {
            Arc::new(bucket_store)
        } else {
            Arc::new(PrefixStore::new(bucket_store, prefix))
        };
        Ok(Self { backend, keeps_headers: true, place: format!("s3://{rest}"), folder: None })
    }

    /// Where this is, for logs and `doctor`: a path or a bucket, without credentials.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The folder that this is; none for a bucket.
    #[must_use]
    pub fn folder(&self) -> Option<&FilePath> {
        self.folder.as_deref()
    }

    /// Keeps an object. It is there whole or not at all; writing what is there already does no harm.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn put(&self, key: &str, bytes: Bytes, mime: MediaType) -> Result<(), MediaError> {
        self.write(&path_of(key)?, bytes, mime.as_str()).await
    }

    async fn write(&self, path: &Path, bytes: Bytes, mime: &str) -> Result<(), MediaError> {
        // A folder that vanished while serving (a disk that came loose) must not come back empty.
        if let Some(folder) = &self.folder
            && !tokio::fs::metadata(folder).await.is_ok_and(|found| found.is_dir())
        {
            return Err(MediaError::Store(format!("the folder {} is gone", self.place)));
        }
        let mut options = PutOptions::default();
        if self.keeps_headers {
            let mut attributes = Attributes::new();
            attributes.insert(Attribute::ContentType, mime.to_owned().into());
            attributes.insert(Attribute::CacheControl, CACHE_CONTROL.into());
            options.attributes = attributes;
        }
        self.backend.put_opts(path, bytes.into(), options).await.map_err(|error| failure(&error))?;
        Ok(())
    }

    /// Reads an object; `None` where there is none of this name.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn get(&self, key: &str) -> Result<Option<StoredObject>, MediaError> {
        self.read(&path_of(key)?).await
    }

    async fn read(&self, path: &Path) -> Result<Option<StoredObject>, MediaError> {
        let found = match self.backend.get(path).await {
            Ok(found) => found,
            Err(BackendError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failure(&error)),
        };
        let bytes = found.bytes().await.map_err(|error| failure(&error))?;
        Ok(Some(StoredObject { len: bytes.len() as u64, bytes }))
    }

    /// The bytes from `range.start` up to but not including `range.end`, which must lie within the object; `None`
    /// where there is none of this name.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Bytes>, MediaError> {
        match self.backend.get_range(&path_of(key)?, range).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(BackendError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    /// The length of an object, in bytes; `None` where there is none of this name.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, MediaError> {
        match self.backend.head(&path_of(key)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(BackendError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Removes an object; one that is not there is removed already.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn delete(&self, key: &str) -> Result<(), MediaError> {
        self.remove(&path_of(key)?).await
    }

    async fn remove(&self, path: &Path) -> Result<(), MediaError> {
        match self.backend.delete(path).await {
            Ok(()) | Err(BackendError::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Whether there is an object of this name.
    ///
    /// # Errors
    /// [`MediaError::Store`] for a key that [`is_valid_key`] refuses, or where the store fails.
    pub async fn exists(&self, key: &str) -> Result<bool, MediaError> {
        Ok(self.size(key).await?.is_some())
    }

    /// Writes a small object, reads it back and removes it, as proof that address, rights and disk are in order.
    ///
    /// # Errors
    /// [`MediaError::Store`], naming the step that failed.
    pub async fn check(&self) -> Result<(), MediaError> {
        // Servers that share a store may check it at once; each has a name of its own for that.
        let name = format!("probe-{:016x}", rand::random::<u64>());
        let path = Path::from(name.as_str());
        let probe = Bytes::from(name);
        let step = |what: &'static str| {
            move |error| match error {
                MediaError::Store(detail) => MediaError::Store(format!("{what} failed: {detail}")),
                other => other,
            }
        };
        self.write(&path, probe.clone(), "text/plain").await.map_err(step("writing"))?;
        let read = self.read(&path).await.map_err(step("reading"));
        self.remove(&path).await.map_err(step("removing"))?;
        match read? {
            Some(found) if found.bytes == probe => Ok(()),
            Some(_) => Err(MediaError::Store("what was written came back changed".to_owned())),
            None => Err(MediaError::Store("what was written was not found again".to_owned())),
        }
    }
}

/// `https://host` as `https://bucket.host`, where the store is to be addressed that way.
fn with_host_prefix(endpoint: &str, bucket: &str) -> Option<String> {
    let mut url = url::Url::parse(endpoint).ok()?;
    let host = format!("{bucket}.{}", url.host_str()?);
    url.set_host(Some(&host)).ok()?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn failure(error: &BackendError) -> MediaError {
    MediaError::Store(error.to_string())
}

fn path_of(key: &str) -> Result<Path, MediaError> {
    if !is_valid_key(key) {
        return Err(MediaError::Store(format!("{key:?} is not the key of an object: use key_for")));
    }
    Path::parse(key).map_err(|error| MediaError::Store(error.to_string()))
}

/// The name of an object: `ab/cd/<digest>.jpg`, or `ab/cd/<digest>-640w.jpg` for a variant of the original with that
/// digest (`suffix` is its width in pixels).
#[must_use]
pub fn key_for(sha256: &str, suffix: Option<u32>, extension: &str) -> String {
    let (a, b) = (sha256.get(..2).unwrap_or_default(), sha256.get(2..4).unwrap_or_default());
    match suffix {
        Some(width) => format!("{a}/{b}/{sha256}-{width}w.{extension}"),
        None => format!("{a}/{b}/{sha256}.{extension}"),
    }
}

/// Whether this is exactly a name that [`key_for`] makes. Nothing else reaches a store, so no path can climb out
/// of it and no other file in the folder can be asked for.
#[must_use]
pub fn is_valid_key(key: &str) -> bool {
    parse(key).is_some_and(|(sha256, width, extension)| key_for(sha256, width, extension) == key)
}

fn parse(key: &str) -> Option<(&str, Option<u32>, &str)> {
    let name = key.rsplit('/').next()?;
    let (stem, extension) = name.split_once('.')?;
    MediaType::of_extension(extension)?;
    let (sha256, width) = match stem.split_once('-') {
        Some((sha256, width)) => {
            (sha256, Some(width.strip_suffix('w')?.parse::<u16>().ok().filter(|w| *w > 0)?))
        }
        None => (stem, None),
    };
    let hexadecimal = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    hexadecimal.then_some((sha256, width.map(u32::from), extension))
}

/// The media type of an object, by its name; `None` for a name that is not valid.
#[must_use]
pub fn mime_for_key(key: &str) -> Option<MediaType> {
    is_valid_key(key).then(|| parse(key).and_then(|(_, _, extension)| MediaType::of_extension(extension)))?
}

#[cfg(test)]
mod tests;
